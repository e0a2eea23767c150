import type { AdapterHeader } from '@reembed/contracts';
import { count } from './amounts.ts';
import { expectedOverlap } from './expected-overlap.ts';

type Fit = Pick<AdapterHeader, 'kind' | 'fit'>;

/** How much of the ten nearest by true vectors the kept fit finds, on pairs that it has not seen. */
export function overlapOf({ kind, fit }: Fit): number {
  return fit.scores[kind]?.overlapAt10 ?? 0;
}

/** Whether the old vectors as they are find as much of what true ones find: then a map takes away. False where nobody measured it (format 1). */
export function isHarmful(map: Fit): boolean {
  const { oldOverlapAt10 } = map.fit;
  return oldOverlapAt10 !== undefined && overlapOf(map) <= oldOverlapAt10;
}

/**
 * What mapped vectors, and the old ones as they are, are expected to find of the ten nearest by true vectors among so many points; null: how it
 * falls with their number was not measured.
 */
export function expectedOf(map: Fit, points: number): { readonly mapped: number; readonly old: number } | null {
  const { heldOut, oldOverlapAt10, ofQuarter } = map.fit;
  if (oldOverlapAt10 === undefined || ofQuarter === undefined) return null;
  const times = points / heldOut;
  return {
    mapped: expectedOverlap(overlapOf(map), ofQuarter.overlapAt10, times),
    old: expectedOverlap(oldOverlapAt10, ofQuarter.oldOverlapAt10, times),
  };
}

/** Whether a map is seen to be worth it for so many points: it finds more than the old vectors do, and is expected to among all. */
export function isWorthIt(map: Fit, points: number): boolean {
  const expected = expectedOf(map, points);
  return expected !== null && !isHarmful(map) && expected.mapped > expected.old;
}

export function expectedInWords(map: Fit, points: number): string {
  const expected = expectedOf(map, points);
  if (expected === null)
    return `How that falls with the number of points was not measured: fit it again, with ${fewestPairs} pairs or more.`;
  return `Among ${count(points)} points about ${percent(expected.mapped)} are expected, and ${percent(expected.old)} by the old vectors as they are, as both fell from a quarter of those pairs to the whole.`;
}

/** A fifth of them judges, and a quarter of that has to be enough. */
const fewestPairs = 800;

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

export function harmfulInWords(map: Fit): string {
  return `It does harm: mapped vectors find ${percent(overlapOf(map))} of the ten nearest by true ones, and the old vectors as they are ${percent(map.fit.oldOverlapAt10 ?? 0)}. Take more pairs, or stay with the old vectors until the texts are embedded.`;
}
