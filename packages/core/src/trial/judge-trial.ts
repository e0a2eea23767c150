import type { Compared, MetricName, QualityGate, TrialVerdict, Tried } from '@reembed/contracts';
import { fewestQueries, worstNdcgDifference } from '../quality/quality-verdict.ts';
import { differenceInWords } from '../quality/reason-numbers.ts';
import { otherSlices, stoppingSlices } from '../quality/slice-reasons.ts';

/** Below this nDCG@10 on both sides, labels and documents hardly belong together: a difference between two such numbers shows nothing. */
const leastNdcg = 0.05;

/** Past this share of relevant documents that the source does not have, its labels are likely another collection's. */
const mostMissing = 0.5;

/** Past this share of the sample without a vector, what is left of it is not the collection any more. */
const mostWithout = 0.5;

export type JudgedTrial = {
  /** Over all that was sampled, and without what was drawn for the very query. */
  readonly whole: QualityGate;
  readonly fair: QualityGate;
  /** The fields of `gates.slices`. */
  readonly slices: readonly string[];
  readonly queries: number;
  readonly basis: 'labels' | 'known-items';
  readonly relevant: number;
  readonly missing: number;
  readonly withoutVector: number;
  /** What the candidate's models say of texts that they refuse. */
  readonly refused: readonly string[];
  readonly points: number;
};

type Judged = Pick<Tried, 'verdict' | 'reasons' | 'ndcg' | 'recall' | 'mrr' | 'fairNdcg'>;

/**
 * What a trial shows of one candidate: worth it, where both ways to measure put the whole interval of nDCG@10 above nothing; worse, where either puts
 * it below, or the difference itself below what the quality gate fails whatever the interval; else not shown. Too few queries, and labels that
 * are not of this collection, show nothing. That the old side is what it is said to be, the plan has seen to.
 */
export function judgeTrial(judged: JudgedTrial): Judged {
  const [ndcg, fairNdcg] = [compared(judged.whole, 'ndcg@10'), compared(judged.fair, 'ndcg@10')];
  const faults = faultsOf(judged, ndcg);
  const lost = lostSlices(judged);
  const verdict = verdictOf(ndcg, fairNdcg);
  return {
    // Better over all queries, and surely worse for some of them: that is for a person to weigh.
    verdict: faults.length > 0 || (lost.length > 0 && verdict === 'worth it') ? 'not shown' : verdict,
    reasons: [
      ...faults,
      ...lost,
      said('in the sample', ndcg),
      said('without the documents that the old model chose', fairNdcg),
      ...cares(judged),
    ],
    ndcg,
    recall: compared(judged.whole, 'recall@10'),
    mrr: compared(judged.whole, 'mrr@10'),
    fairNdcg,
  };
}

/** The slices that surely lost, by either measure. */
function lostSlices({ whole, fair }: JudgedTrial): string[] {
  const inWhole = stoppingSlices(whole.slices, 0);
  return inWhole.length > 0 ? inWhole : stoppingSlices(fair.slices, 0);
}

function verdictOf(whole: Compared, fair: Compared): TrialVerdict {
  if ([whole, fair].some(({ difference, upper }) => upper < 0 || difference < worstNdcgDifference)) return 'worse';
  return whole.lower > 0 && fair.lower > 0 ? 'worth it' : 'not shown';
}

/** An exact search shows the model; how an index finds its vectors is not tried. */
function compared({ metrics }: QualityGate, metric: MetricName): Compared {
  const row = metrics.find((one) => one.metric === metric && one.mode === 'exact');
  if (row === undefined) throw new Error('a trial has labelled queries');
  const { old, new: fresh, difference, lower, upper } = row;
  return { old, new: fresh, difference, lower, upper };
}

function faultsOf({ whole, relevant, missing, withoutVector, points }: JudgedTrial, ndcg: Compared): string[] {
  const independent = whole.independent ?? 0;
  return [
    ...(independent < fewestQueries
      ? [`${independent} queries about different documents are too few for a verdict, which takes ${fewestQueries}`]
      : []),
    ...(missing > relevant * mostMissing
      ? [`${missing} of ${relevant} documents that are judged relevant are not in the source: these labels look like another collection's`]
      : []),
    ...(withoutVector > points * mostWithout
      ? [`${withoutVector} of ${points} sampled points have no vector of this candidate: of so few nothing can be said`]
      : []),
    ...(Math.max(ndcg.old, ndcg.new) < leastNdcg
      ? [
          `neither model finds what the labels call relevant (nDCG@10 ${ndcg.old.toFixed(3)} and ${ndcg.new.toFixed(3)}): see that they name the right documents`,
        ]
      : []),
  ];
}

function said(where: string, compared: Compared): string {
  return `nDCG@10 ${where}: ${compared.old.toFixed(3)} old, ${compared.new.toFixed(3)} new, ${differenceInWords(compared)}`;
}

function cares({ whole: { detectable, slices: compared }, slices, queries, basis, withoutVector, refused, points }: JudgedTrial): string[] {
  return [
    ...(detectable === null ? [] : [`so many queries show a difference from ${detectable.toFixed(3)} on (80 % power)`]),
    ...otherSlices(compared, slices, queries),
    ...(basis === 'known-items' ? ['the queries are made of the documents themselves, which is easier than what people ask'] : []),
    ...(withoutVector === 0
      ? []
      : [
          `${withoutVector} of ${points} sampled points have no vector of this candidate: no text, or one that the model refuses. They are left out on both sides, unless they are relevant`,
        ]),
    ...refused.map((said) => `of a text that is refused the model says: ${said}`),
  ];
}
