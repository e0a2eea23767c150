import type { Issue } from '@reembed/contracts';
import { isAtLeast } from '../domain/collection-info.ts';
import { isMadeByQdrant, modelVectors } from '../domain/recipes-of.ts';
import { listed } from '../domain/words.ts';
import type { PlanScene } from '../recipes/plan-scene.ts';

/** The first server that says how full its disk and its memory are. */
const usageMinor = 19;

/** Limits that could not be kept: a guard that nobody can look at protects nothing. */
export function throttleBlockers({ spec, catalogue, around: { serverVersion } }: PlanScene): Issue[] {
  const { maxCostUsd, maxDiskPercent, maxMemoryPercent } = spec.throttle;
  const says = isAtLeast(serverVersion, usageMinor);
  const guards = Object.entries({ maxDiskPercent, maxMemoryPercent }).filter(([, value]) => value !== null && !says);
  const byQdrant = Object.values(spec.vectors).some(isMadeByQdrant);
  const unpriced = modelVectors(spec)
    .map(({ recipe }) => recipe.model)
    .filter((model) => (catalogue.facts(model)?.pricePerMillionTokensUsd ?? null) === null);
  const cost = (message: string): Issue => ({ field: 'throttle.maxCostUsd', value: maxCostUsd, message });
  return [
    ...guards.map(([field, value]) => ({
      field: `throttle.${field}`,
      value,
      message: `cannot be kept: Qdrant ${serverVersion} does not say how full it is (1.19 and later do); set it to null`,
    })),
    ...(maxCostUsd === null || unpriced.length === 0
      ? []
      : [cost(`cannot be kept: the price of ${listed(unpriced)} is not known; set pricePerMillionTokensUsd in reembed.config.yaml`)]),
    ...(maxCostUsd === null || !byQdrant
      ? []
      : [cost('cannot be kept: what Qdrant embeds (via: qdrant) is billed elsewhere; set it to null')]),
  ];
}
