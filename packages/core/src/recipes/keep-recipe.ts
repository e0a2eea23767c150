import type { Issue, VectorSpec } from '@reembed/contracts';
import { listed } from '../plan/plan-scene.ts';
import { isStoredForm } from './stored-vector.ts';
import { label, madeForFree, pathOf, type TargetVector } from './target-vector.ts';

/** A vector of the source, passed on as the text it came in. A point that lacks it lacks it in the target too. */
export function keepRecipe(name: string, from: string, { settings }: Pick<VectorSpec, 'settings'>): TargetVector {
  const path = pathOf({ name, recipe: 'keep' });
  return {
    name,
    recipe: 'keep',
    reads: [from],
    paid: false,
    async make(_, points) {
      return madeForFree(
        new Map(points.flatMap((point) => (point.vectors[from] === undefined ? [] : [[point, point.vectors[from]] as const]))),
      );
    },
    reuse: () => null,
    async check({ resolved }, pairs) {
      return pairs.map(({ source, target }) => {
        const sent = source.vectors[from];
        const stored = target.vectors[name];
        if (sent === undefined) return stored === undefined ? null : 'vector-differs';
        if (stored === undefined) return 'vector-missing';
        return isStoredForm(sent, stored, resolved.storedAs[name]) ? null : 'vector-differs';
      });
    },
    schema(source) {
      const dense = source.vectors[from];
      if (dense !== undefined) return { kind: 'dense', params: { ...dense, ...settings } };
      const sparse = source.sparseVectors[from];
      return sparse === undefined ? null : { kind: 'sparse', params: { ...sparse, ...settings } };
    },
    origin: ({ known }) => known[from] ?? null,
    blockers({ around: { source } }): Issue[] {
      if (source === null || source.vectors[from] !== undefined) return [];
      if (source.sparseVectors[from] === undefined) {
        const all = [...Object.keys(source.vectors), ...Object.keys(source.sparseVectors)];
        return [{ field: path, value: from, message: `the source has no such vector; it has: ${listed(all)}` }];
      }
      return name === '' ? [{ field: path, value: from, message: 'a sparse vector needs a name of its own in the target' }] : [];
    },
    warnings: () => [],
    queryChange: () =>
      `The old vector ${label(from)} is there as ${label(name)}: queries for it stay as they are${name === from ? '' : `, with \`using: "${name}"\``}.`,
  };
}
