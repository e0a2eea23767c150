import type { QualityGate, ScoreDistribution, Verdict } from '@reembed/contracts';
import { compareSystems } from './compare-systems.ts';
import {
  clustersOf,
  comparedQuery,
  gainOf,
  type JudgedQuery,
  judgedQueries,
  judgedShare,
  metricRows,
  mostChanged,
} from './judged-queries.ts';
import { scoreKnownItems } from './known-items.ts';
import { foundAnyJudged, type MeasuredQuality, ndcgRows, type QueriesToCompare, qualityReasons } from './quality-reasons.ts';
import { rowsVerdict, type SameSpaceChange, sameSpaceVerdict, worseVerdict } from './quality-verdict.ts';
import { overlapByScore } from './ranking-metrics.ts';
import { carryThreshold } from './score-threshold.ts';
import { bothSides, gateDepth, type SearchedQuery, type Sides } from './searched-query.ts';
import { compareSlices, slicesVerdict } from './slices.ts';
import { detectableAmong, independentOf, latencyPercentiles, mean, quantile } from './statistics.ts';

/**
 * The quality gate of what both collections answered. Judged queries decide, exact and indexed, and the worse verdict counts; without them a
 * same-space change is held to its overlap, and any other is only described. Results are compared (overlap, scores, latency) over the
 * queries, or, where there are none, over the known items.
 */
export function compareQueries(input: QueriesToCompare): QualityGate {
  const { queries, knownItems } = input;
  const asked = queries.length > 0 ? queries : knownItems;
  const judged = judgedQueries(queries, input.qrels);
  const measured = {
    basis: basisOf(input, judged, asked),
    queries: queries.length,
    labelled: judged.length,
    ...labelled(judged),
    slices: compareSlices(input.slices, judged, input.minNdcgDelta),
    systems: asked.length === 0 ? [] : compareSystems(input.systems, asked, judged),
    fusion: null,
    knownItems: scoreKnownItems(knownItems),
    ...compared(asked, judged, input),
    scoreKinds: input.scoreKinds,
    threshold: thresholdOf(input, asked, judged),
    equalRecall: null,
  };
  return { verdict: verdictOf(input, measured), reasons: qualityReasons(input, asked, measured), ...measured };
}

function thresholdOf(
  { scoreThreshold = null, scoreKinds }: QueriesToCompare,
  asked: readonly SearchedQuery[],
  judged: readonly JudgedQuery[],
) {
  if (scoreThreshold === null) return null;
  return carryThreshold({ threshold: scoreThreshold.old, limits: scoreThreshold.limits, scoreKinds }, asked, judged);
}

function basisOf({ sameSpace }: QueriesToCompare, judged: readonly JudgedQuery[], asked: readonly SearchedQuery[]): QualityGate['basis'] {
  if (judged.length > 0) return 'labels';
  if (asked.length === 0) return 'none';
  return sameSpace === null ? 'difference' : 'same-space';
}

function labelled(judged: readonly JudgedQuery[]) {
  const clusters = clustersOf(judged);
  const differences = judged.map((one) => ({ query: one.query.id, difference: gainOf(comparedQuery(one.query, one)) }));
  const bare = differences.map(({ difference }) => difference);
  return {
    independent: independentOf(clusters),
    detectable: judged.length === 0 ? null : detectableAmong(bare, clusters),
    judged: judged.length === 0 ? null : judgedShare(judged),
    metrics: metricRows(judged, clusters),
    differences: differences.sort((a, b) => a.difference - b.difference),
  };
}

function compared(asked: readonly SearchedQuery[], judged: readonly JudgedQuery[], { sameSpace, scoreKinds }: QueriesToCompare) {
  const judgedById = new Map(judged.map((one) => [one.query.id, one]));
  const queries = asked.map((query) => comparedQuery(query, judgedById.get(query.id)));
  const scores = bothSides((side) => asked.flatMap((query) => query.indexed[side].hits.slice(0, gateDepth).map(({ score }) => score)));
  const none = asked.length === 0;
  return {
    overlap: none ? null : mean(asked.map((query) => overlapWithOld(query, sameSpace))),
    rbo: none ? null : mean(queries.map(({ rbo }) => rbo)),
    ...mostChanged(queries),
    scores: scoreDistributions(scores, scoreKinds.old === scoreKinds.new),
    latencyMs: none ? null : bothSides((side) => latencyPercentiles(asked.map((query) => query.indexed[side].tookMs))),
  };
}

/** Exact against exact. Only quantization is looked at through the index: an exact search reads the unquantized vectors. */
function overlapWithOld(query: SearchedQuery, sameSpace: SameSpaceChange | null): number {
  const fresh = sameSpace === 'int8' ? query.indexed.new : query.exact.new;
  return overlapByScore(gateDepth, query.exact.old.hits, fresh.hits);
}

function verdictOf({ minNdcgDelta, sameSpace }: QueriesToCompare, measured: MeasuredQuality): Verdict {
  if (measured.basis === 'labels') {
    const all = rowsVerdict(ndcgRows(measured.metrics), minNdcgDelta, measured.independent ?? 0);
    const verdict = worseVerdict(all, slicesVerdict(measured.slices));
    // Judgements that call documents something else measure 0 on both sides, a difference of nothing: that must not pass.
    return foundAnyJudged(measured) ? verdict : 'inconclusive';
  }
  if (measured.basis === 'same-space' && sameSpace !== null) return sameSpaceVerdict(sameSpace, measured.overlap ?? 0);
  return 'not-measured';
}

const bins = 20;

/**
 * Both sides' scores, over the same edges where they are of the same kind, so that they can be drawn over one another. Null where a side has no
 * score.
 */
export function scoreDistributions(
  scores: Sides<readonly number[]>,
  sameKind: boolean,
): { old: ScoreDistribution; new: ScoreDistribution } | null {
  if (scores.old.length === 0 || scores.new.length === 0) return null;
  const all = [...scores.old, ...scores.new];
  return bothSides((side) => distribution(scores[side], edgesOver(sameKind ? all : scores[side])));
}

function edgesOver(scores: readonly number[]): number[] {
  const lowest = scores.reduce((a, b) => Math.min(a, b));
  const highest = scores.reduce((a, b) => Math.max(a, b));
  const [from, to] = lowest === highest ? [lowest - 0.5, highest + 0.5] : [lowest, highest];
  return Array.from({ length: bins + 1 }, (_, index) => from + ((to - from) * index) / bins);
}

/** A bin holds its lower edge; the last one its upper edge too. */
function distribution(scores: readonly number[], edges: readonly number[]): ScoreDistribution {
  const from = edges[0] ?? 0;
  const width = ((edges.at(-1) ?? 0) - from) / bins;
  const counts = new Array<number>(bins).fill(0);
  for (const score of scores) {
    const bin = Math.min(bins - 1, Math.floor((score - from) / width));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const ascending = Float64Array.from(scores).sort();
  const at = (q: number) => quantile(ascending, q);
  return { edges: [...edges], counts, p5: at(0.05), p50: at(0.5), p95: at(0.95) };
}
