import type { AdapterHeader } from '@reembed/contracts';
import type { PlanScene } from '../../recipes/plan-scene.ts';
import type { Change } from './decide.ts';
import type { MapSize } from './time-range.ts';

/** The learned maps that the spec names, as far as they can be read. */
export function mapsOf({ adapters }: PlanScene): AdapterHeader[] {
  return Object.values(adapters).flatMap((header) => (header instanceof Error ? [] : [header]));
}

/** As many as a fit takes at most. */
const mostLandmarks = 1_024;

/** The maps that the spec names; else such as would be fitted for what is embedded, with a kernel, which costs most. */
export function mapSizes(scene: PlanScene, changes: readonly Change[]): MapSize[] {
  const named = mapsOf(scene).map(({ kind, from, to, fit }) => ({
    ...{ from: from.dimensions, to: to.dimensions },
    landmarks: kind === 'kernel' ? Math.min(mostLandmarks, fit.pairs) : 0,
  }));
  if (named.length > 0) return named;
  return changes.flatMap(({ recipe, old, fresh }) =>
    recipe !== 'embed' || old === null ? [] : [{ from: old.dimensions, to: fresh.dimensions ?? old.dimensions, landmarks: mostLandmarks }],
  );
}
