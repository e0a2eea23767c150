import type { MetricRow, Qrel, QualityGate, SearchSystem } from '@reembed/contracts';
import type { SearchedSystem } from './compare-systems.ts';
import type { SearchedKnownItem } from './known-items.ts';
import type { SameSpaceChange } from './quality-verdict.ts';
import { fewestQueries, minSameSpaceOverlap, rowsVerdict, worstNdcgDifference } from './quality-verdict.ts';
import { differenceInWords, signed } from './reason-numbers.ts';
import { thresholdInWords } from './score-threshold.ts';
import type { SearchedQuery, Sides } from './searched-query.ts';
import { otherSlices, stoppingSlices } from './slice-reasons.ts';
import type { Interval } from './statistics.ts';

export type QueriesToCompare = {
  readonly queries: readonly SearchedQuery[];
  readonly knownItems: readonly SearchedKnownItem[];
  /** The target asked in parts, each with an answer to every query and known item. */
  readonly systems: readonly SearchedSystem[];
  readonly qrels: readonly Qrel[];
  readonly minNdcgDelta: number;
  /** The fields within whose values labelled queries are judged too. */
  readonly slices: readonly string[];
  /** The score threshold of applications, and how many hits each side is asked for; left out or null: they have none. */
  readonly scoreThreshold?: { readonly old: number; readonly limits: Sides<number> } | null;
  /** What each side's scores are: a distance by its name, or the way of fusing. */
  readonly scoreKinds: Sides<string>;
  /** Null where the new vectors are another model's, so that results may differ. */
  readonly sameSpace: SameSpaceChange | null;
};

/** What was measured, before it is judged. */
export type MeasuredQuality = Omit<QualityGate, 'verdict' | 'reasons'>;

/** With fewer independent labelled queries a difference of 0.05 between two models is easily missed. */
const enoughQueries = 140;
const wantedDifference = 0.05;
const namedQueries = 5;

/** Why the verdict is what it is, with values; then what to be careful about. */
export function qualityReasons(input: QueriesToCompare, asked: readonly SearchedQuery[], measured: MeasuredQuality): string[] {
  const stopping = stoppingSlices(measured.slices, input.minNdcgDelta);
  const alone = rowsVerdict(ndcgRows(measured.metrics), input.minNdcgDelta, measured.independent ?? 0) === 'pass';
  return [
    ...(alone ? stopping : []),
    ...basisReasons(input, measured),
    ...(alone ? [] : stopping),
    ...slicesInShort(input, measured),
    ...fewQueries(measured),
    ...unjudged(measured),
    ...onlyCompared(measured),
    ...foundNothing(asked),
    ...systemReasons(measured.systems, asked.length),
    ...movedScores(measured),
  ];
}

function slicesInShort({ slices: fields }: QueriesToCompare, { slices, labelled }: MeasuredQuality): string[] {
  if (fields.length > 0 && labelled === 0)
    return [`gates.slices (${fields.join(', ')}) are judged by labelled queries, and there are none`];
  return otherSlices(slices, fields, labelled);
}

/** The rows the verdict of labelled queries stands on. */
export function ndcgRows(metrics: readonly MetricRow[]): MetricRow[] {
  return metrics.filter(({ metric }) => metric === 'ndcg@10');
}

/** False where judgements and search results call documents by different names. */
export function foundAnyJudged({ judged }: MeasuredQuality): boolean {
  return judged !== null && judged.old + judged.new > 0;
}

function basisReasons(input: QueriesToCompare, measured: MeasuredQuality): string[] {
  const { basis, overlap, rbo } = measured;
  const same = `overlap@10 ${fixed(overlap)}, rank-biased overlap ${fixed(rbo)}`;
  if (basis === 'labels')
    return foundAnyJudged(measured)
      ? [...tooFew(measured), ...ndcgRows(measured.metrics).map((row) => ndcgReason(row, input.minNdcgDelta))]
      : [nameless];
  if (basis === 'none')
    return ['no queries were given: add gates.queries with gates.qrels, or gates.knownItems, to the spec and submit it again'];
  if (input.sameSpace !== null)
    return [`${same} with the old results; ${input.sameSpace} wants at least ${minSameSpaceOverlap[input.sameSpace].toFixed(2)}`];
  return [`without judgements results are only compared: ${same}; that is how much changed, not whether it got better`];
}

const nameless =
  'no search found a document that gates.qrels judges: see that gates.documentField names the payload field with the ids that qrels use';

function ndcgReason(row: MetricRow, wanted: number): string {
  const { mode, old, new: fresh, difference } = row;
  const limit = difference < worstNdcgDifference ? `; below ${signed(worstNdcgDifference)} fails whatever the interval` : '';
  return `nDCG@10 ${old.toFixed(3)} old, ${fresh.toFixed(3)} new, ${mode}: ${differenceInWords(row)}; at least ${signed(wanted)} wanted${limit}`;
}

/** First of all where they are too few for any verdict. */
function tooFew({ labelled, independent }: MeasuredQuality): string[] {
  if (labelled === 0 || independent === null || independent >= fewestQueries) return [];
  const same = independent < labelled ? ` about ${independent} different ${independent === 1 ? 'document' : 'documents'}` : '';
  return [
    `${queriesOf(labelled)}${same} ${labelled === 1 ? 'is' : 'are'} too few for a verdict, which takes ${fewestQueries} about different documents: label more of them`,
  ];
}

function queriesOf(count: number): string {
  return `${count} labelled ${count === 1 ? 'query' : 'queries'}`;
}

function fewQueries({ labelled, independent, detectable }: MeasuredQuality): string[] {
  if (detectable === null || (independent ?? labelled) >= enoughQueries) return [];
  const needed = Math.ceil(labelled * (detectable / wantedDifference) ** 2);
  const more = needed > labelled ? `; ${wantedDifference} would take about ${needed} queries like these` : '';
  return [
    `${queriesOf(labelled)} ${labelled === 1 ? 'shows' : 'show'} a difference of nDCG@10 from ${detectable.toFixed(3)} on (80 % power)${more}`,
  ];
}

function unjudged({ judged }: MeasuredQuality): string[] {
  if (judged === null || judged.new >= judged.old) return [];
  return [
    `${percent(judged.old)} of the old first ten are judged and ${percent(judged.new)} of the new; unjudged counts as not relevant, so new may be better than it looks`,
  ];
}

function onlyCompared({ queries, labelled }: MeasuredQuality): string[] {
  const without = queries - labelled;
  return labelled === 0 || without === 0
    ? []
    : [`${without} of ${queries} queries have no relevant document in gates.qrels and are only compared`];
}

function foundNothing(asked: readonly SearchedQuery[]): string[] {
  const empty = asked.filter(
    ({ exact, indexed }) => exact.old.hits.length > 0 && Math.min(exact.new.hits.length, indexed.new.hits.length) === 0,
  );
  const names = empty.slice(0, namedQueries).map(({ id }) => JSON.stringify(id));
  const rest = empty.length > names.length ? ', …' : '';
  return empty.length === 0 ? [] : [`${empty.length} of ${asked.length} queries find nothing any more: ${names.join(', ')}${rest}`];
}

function movedScores({ scores, scoreKinds: kinds, threshold }: MeasuredQuality): string[] {
  if (threshold !== null) return [thresholdInWords(threshold)];
  if (scores === null) return [];
  if (kinds !== null && kinds.old !== kinds.new)
    return [`scores are of another kind (${kinds.old} old, ${kinds.new} new): a score threshold carried over means nothing; set it anew`];
  if (scores.old.p50 >= scores.new.p5 && scores.old.p50 <= scores.new.p95) return [];
  return [`scores moved (median ${scores.old.p50.toFixed(3)} old, ${scores.new.p50.toFixed(3)} new): a score threshold has to be set anew`];
}

function fixed(value: number | null): string {
  return value === null ? '-' : value.toFixed(3);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** What to be careful about where the target is asked in parts: a whole that finds less than a part, a part that finds nothing. */
export function systemReasons(systems: readonly SearchSystem[], queries: number): string[] {
  const whole = systems.find(({ role }) => role === 'whole');
  if (whole === undefined) return [];
  const parts = systems.filter(({ role }) => role === 'part');
  const best = parts.toSorted((a, b) => (b.metrics?.ndcg ?? 0) - (a.metrics?.ndcg ?? 0))[0];
  return [
    ...parts.flatMap((part) => comparedReasons(whole, part)),
    ...(best === undefined ? [] : bestAlone(systems, best)),
    ...parts.flatMap((part) => emptyReasons(part, queries)),
  ];
}

/** Of what applications ask, the warning; of what they could ask instead, only what surely finds more. */
function comparedReasons(whole: SearchSystem, part: SearchSystem): string[] {
  const { metrics, wholeGains: gains } = part;
  if (metrics === null || whole.metrics === null || gains === null) return [];
  const numbers = comparedNumbers(whole.metrics.ndcg, metrics.ndcg, gains);
  if (whole.asked && gains.difference < 0)
    return [`${whole.name} finds less than ${part.name}: ${numbers}; ask that one alone, or mend the other part`];
  if (part.asked && gains.lower > 0) return [`${whole.name} would find more than ${part.name}, which search.new asks: ${numbers}`];
  return [];
}

/** A single part that finds more than the other single one that applications ask goes unsaid beside the fusion. */
function bestAlone(systems: readonly SearchSystem[], best: SearchSystem): string[] {
  const asked = systems.find((system) => system.asked);
  const gains = best.askedGains;
  if (asked?.role !== 'part' || gains === null || gains.difference <= 0 || best.metrics === null || asked.metrics === null) return [];
  const numbers = comparedNumbers(best.metrics.ndcg, asked.metrics.ndcg, gains);
  return [`${best.name} finds more than ${asked.name}, which search.new asks: ${numbers}`];
}

function comparedNumbers(ndcg: number, other: number, gains: Interval): string {
  return `nDCG@10 ${ndcg.toFixed(3)} against ${other.toFixed(3)}, ${differenceInWords(gains)}`;
}

function emptyReasons({ name, empty }: SearchSystem, queries: number): string[] {
  return empty === 0 ? [] : [`${name} finds nothing for ${empty} of ${queries} queries`];
}
