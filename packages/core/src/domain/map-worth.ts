import type { AdapterHeader } from '@reembed/contracts';

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

export function harmfulInWords(map: Fit): string {
  const percent = (of: number) => `${Math.round(of * 100)} %`;
  return `It does harm: mapped vectors find ${percent(overlapOf(map))} of the ten nearest by true ones, and the old vectors as they are ${percent(map.fit.oldOverlapAt10 ?? 0)}. Take more pairs, or stay with the old vectors until the texts are embedded.`;
}
