import type { Resolved, Spec } from '@reembed/contracts';
import type { ModelCatalogue } from '../ports/embedder.ts';
import { searchedVectors } from '../ports/searches.ts';
import { targetVectors } from '../recipes/target-vectors.ts';

/** What applications have to change on the query side when they read the target, one sentence each. */
export function queryChange(spec: Spec, catalogue: ModelCatalogue, adapters: Resolved['adapters']): string[] {
  const where = spec.target.alias ?? spec.target.collection;
  const asked = spec.search.new === undefined ? null : searchedVectors(spec.search.new);
  const vectors = targetVectors(spec);
  const fresh = vectors.filter(({ recipe, name }) => recipe !== 'keep' && (asked === null || asked.includes(name)));
  const kept = vectors.filter(({ recipe }) => recipe === 'keep');
  return [
    ...[...fresh, ...kept].flatMap((vector) => vector.queryChange({ spec, catalogue, adapters, where }) ?? []),
    ...(fresh.length > 0 ? ['Score thresholds do not carry over from one vector to another: set them anew.'] : []),
  ];
}
