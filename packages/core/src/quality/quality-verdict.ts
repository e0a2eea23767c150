import type { Verdict } from '@reembed/contracts';
import { minCutOverlap } from '../domain/cut-overlap.ts';
import type { Interval } from './statistics.ts';

/** A loss of nDCG@10 that no interval excuses. */
export const worstNdcgDifference = -0.05;

/**
 * Fewer independent queries than this say nothing for sure: by five of them, a model that is 0.05 worse in truth passes 14 times in 100, by 50
 * hardly ever ("How often the gate errs" in docs/quality.md).
 */
export const fewestQueries = 50;

/**
 * The verdict of labelled queries: passes where even the lower 95 % bound of the nDCG@10 difference is at or above `minNdcgDelta`, fails
 * where the upper one is below it or the difference itself below -0.05; between them, and where fewer than 50 of them are `independent` of one
 * another, the numbers allow either.
 */
export function labelledVerdict({ difference, lower, upper }: Interval, minNdcgDelta: number, independent: number): Verdict {
  if (independent < fewestQueries) return 'inconclusive';
  if (difference < worstNdcgDifference || upper < minNdcgDelta) return 'fail';
  return lower >= minNdcgDelta ? 'pass' : 'inconclusive';
}

/** The worst of several rows of the same queries. */
export function rowsVerdict(rows: readonly Interval[], minNdcgDelta: number, independent: number): Verdict {
  return rows.map((row) => labelledVerdict(row, minNdcgDelta, independent)).reduce(worseVerdict, 'pass');
}

/**
 * The verdict of one slice, by an interval that is wide enough for as many slices as are judged: fails where even its upper bound is below
 * `minNdcgDelta`; inconclusive where the slice surely lost, though perhaps by less than that; not measured by fewer than 50 independent queries.
 * What a slice shows by its mean alone is no ground: of many slices one always looks bad by chance.
 */
export function sliceVerdict({ upper }: Pick<Interval, 'upper'>, minNdcgDelta: number, independent: number): Verdict {
  if (independent < fewestQueries) return 'not-measured';
  if (upper < minNdcgDelta) return 'fail';
  return upper < 0 ? 'inconclusive' : 'pass';
}

const worstFirst: readonly Verdict[] = ['fail', 'inconclusive', 'not-measured', 'pass'];

export function worseVerdict(a: Verdict, b: Verdict): Verdict {
  return worstFirst.indexOf(a) < worstFirst.indexOf(b) ? a : b;
}

/** What became of vectors that stay in the space of the old model. */
export type SameSpaceChange = 'copy' | 'int8' | 'truncate';

/** The mean overlap@10 with the old results that each should keep; measured on two models, see docs/quality.md. */
export const minSameSpaceOverlap: Readonly<Record<SameSpaceChange, number>> = { copy: 0.95, int8: 0.85, truncate: minCutOverlap };

/** The verdict where old and new results ought to be the same, by their mean overlap@10. */
export function sameSpaceVerdict(change: SameSpaceChange, meanOverlap: number): Verdict {
  return meanOverlap >= minSameSpaceOverlap[change] ? 'pass' : 'fail';
}
