import type { Qrel, QualityGate, Verdict } from '@reembed/contracts';
import { compareSystems, type SearchedSystem } from './compare-systems.ts';
import { comparedQuery, gainOf, mostChanged } from './compared-query.ts';
import { type JudgedQuery, judgedQueries, judgedShare, metricRows } from './judged-queries.ts';
import { type SearchedKnownItem, scoreKnownItems } from './known-items.ts';
import { overlapAt } from './list-similarity.ts';
import { detectableAmong } from './power.ts';
import { foundAnyJudged, ndcgRows, qualityReasons } from './quality-reasons.ts';
import { labelledVerdict, type SameSpaceChange, sameSpaceVerdict, worseVerdict } from './quality-verdict.ts';
import { latencyPercentiles, mean } from './quantile.ts';
import { scoreDistributions } from './score-distribution.ts';
import { bothSides, documentsOf, gateDepth, type SearchedQuery } from './searched-query.ts';

export type QueriesToCompare = {
  readonly queries: readonly SearchedQuery[];
  readonly knownItems: readonly SearchedKnownItem[];
  /** The target asked in parts, each with an answer to every query and known item. */
  readonly systems: readonly SearchedSystem[];
  readonly qrels: readonly Qrel[];
  readonly minNdcgDelta: number;
  /** Null where the new vectors are another model's, so that results may differ. */
  readonly sameSpace: SameSpaceChange | null;
};

/**
 * The quality gate of what both collections answered. Judged queries decide, exact and indexed, and the worse verdict counts; without them a
 * same-space change is held to its overlap, and any other is only described. Results are compared (overlap, scores, latency) over the
 * queries, or, where there are none, over the known items.
 */
export function compareQueries(input: QueriesToCompare): QualityGate {
  const { queries, knownItems, sameSpace } = input;
  const asked = queries.length > 0 ? queries : knownItems;
  const judged = judgedQueries(queries, input.qrels);
  const measured = {
    basis: basisOf(input, judged, asked),
    queries: queries.length,
    labelled: judged.length,
    ...labelled(judged),
    systems: asked.length === 0 ? [] : compareSystems(input.systems, asked, judged),
    knownItems: scoreKnownItems(knownItems),
    ...compared(asked, judged, sameSpace),
  };
  return { verdict: verdictOf(input, measured), reasons: qualityReasons(input, asked, measured), ...measured };
}

/** What was measured, before it is judged. */
export type MeasuredQuality = Omit<QualityGate, 'verdict' | 'reasons'>;

function basisOf({ sameSpace }: QueriesToCompare, judged: readonly JudgedQuery[], asked: readonly SearchedQuery[]): QualityGate['basis'] {
  if (judged.length > 0) return 'labels';
  if (asked.length === 0) return 'none';
  return sameSpace === null ? 'difference' : 'same-space';
}

function labelled(judged: readonly JudgedQuery[]) {
  const differences = judged.map((one) => ({ query: one.query.id, difference: gainOf(comparedQuery(one.query, one)) }));
  return {
    detectable: judged.length === 0 ? null : detectableAmong(differences.map(({ difference }) => difference)),
    judged: judged.length === 0 ? null : judgedShare(judged),
    metrics: metricRows(judged),
    differences: differences.sort((a, b) => a.difference - b.difference),
  };
}

function compared(asked: readonly SearchedQuery[], judged: readonly JudgedQuery[], sameSpace: SameSpaceChange | null) {
  const judgedById = new Map(judged.map((one) => [one.query.id, one]));
  const queries = asked.map((query) => comparedQuery(query, judgedById.get(query.id)));
  const scores = bothSides((side) => asked.flatMap((query) => query.indexed[side].hits.slice(0, gateDepth).map(({ score }) => score)));
  const none = asked.length === 0;
  return {
    overlap: none ? null : mean(asked.map((query) => overlapWithOld(query, sameSpace))),
    rbo: none ? null : mean(queries.map(({ rbo }) => rbo)),
    ...mostChanged(queries),
    scores: scoreDistributions(scores),
    latencyMs: none ? null : bothSides((side) => latencyPercentiles(asked.map((query) => query.indexed[side].tookMs))),
  };
}

/** Exact against exact. Only quantization is looked at through the index: an exact search reads the unquantized vectors. */
function overlapWithOld(query: SearchedQuery, sameSpace: SameSpaceChange | null): number {
  const fresh = sameSpace === 'int8' ? query.indexed.new : query.exact.new;
  return overlapAt(gateDepth, documentsOf(query.exact.old), documentsOf(fresh));
}

function verdictOf({ minNdcgDelta, sameSpace }: QueriesToCompare, measured: MeasuredQuality): Verdict {
  if (measured.basis === 'labels') {
    const verdict = ndcgRows(measured.metrics)
      .map((row) => labelledVerdict(row, minNdcgDelta))
      .reduce(worseVerdict);
    // Judgements that call documents something else measure 0 on both sides, a difference of nothing: that must not pass.
    return foundAnyJudged(measured) ? verdict : 'inconclusive';
  }
  if (measured.basis === 'same-space' && sameSpace !== null) return sameSpaceVerdict(sameSpace, measured.overlap ?? 0);
  return 'not-measured';
}
