import type { Hit } from '../ports/searches.ts';

/** How much less than before, or than another index, a search may find and count as just as good. */
const allowance = 0.02;

/**
 * Share of the exact hits that a search found. A hit counts that is one of them, or as near as the last: equal vectors may stand for one
 * another. 1 where there are none.
 */
export function shareFound(exact: readonly Hit[], found: readonly Hit[]): number {
  const ids = new Set(exact.map(({ id }) => id.id));
  const last = exact.at(-1)?.score;
  return exact.length === 0 ? 1 : found.filter(({ id, score }) => ids.has(id.id) || score === last).length / exact.length;
}

/** The share that is wanted: `threshold`, or nearly as much as was found before where that was less; null: nobody knows. */
export function wantedShare(threshold: number, before: number | null): number {
  return before === null ? threshold : Math.min(threshold, before - allowance);
}
