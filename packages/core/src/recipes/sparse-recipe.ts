import type { Issue, SparseRecipe, VectorSpec } from '@reembed/contracts';
import { isInPlace } from '../domain/recipes-of.ts';
import { bm25Model } from './bm25-recipe.ts';
import type { PlanScene } from './plan-scene.ts';
import { servedBy } from './served-recipe.ts';
import { pathOf, type TargetVector, usingClause } from './target-vector.ts';
import { checkPresence, reuseSameText, templateBlockers } from './text-recipe.ts';

/**
 * Learned sparse vectors of the rendered text (SPLADE and its like), made by a server that Qdrant or the workers ask. They have many more
 * values than BM25's, so their index goes on disk.
 */
export function sparseRecipe(name: string, recipe: SparseRecipe, { settings, distance }: Omit<VectorSpec, 'sparse'>): TargetVector {
  const path = pathOf({ name, recipe: 'sparse' });
  const { text: template } = recipe;
  const served = servedBy({ name, path }, recipe, { shape: 'words', size: 0 }, { withoutInference });
  return {
    name,
    recipe: 'sparse',
    reads: [],
    paid: true,
    make: served.make,
    reuse: (pair, payloads) => reuseSameText(name, template, pair, payloads),
    check: async (_, pairs) =>
      pairs.map((pair) => {
        const kind = checkPresence(name, template, pair);
        // Nothing but signs: a vector without a value is what the model makes of it.
        return kind === 'vector-zero' ? null : kind;
      }),
    schema: () => ({ kind: 'sparse', params: { index: { on_disk: true }, ...settings } }),
    origin: ({ said }) => served.origin(said),
    blockers: (scene) => [
      ...(name === '' ? [{ field: path, value: name, message: 'a sparse vector needs a name of its own' }] : []),
      ...fieldBlockers(name, recipe, { settings, distance }),
      ...inPlaceBlockers(path, scene),
      ...served.blockers(scene),
      ...templateBlockers(path, template, scene),
    ],
    warnings: (scene) => [
      `Test ${JSON.stringify(name)} alone before it is fused with a dense vector: a half that finds nothing hides behind the other.`,
      ...served.warnings(scene),
    ],
    queryChange: ({ where, catalogue }) => `Search "${where}" ${usingClause(name)} by ${served.query(catalogue)}.`,
  };
}

function fieldBlockers(name: string, { model }: SparseRecipe, { settings, distance }: Pick<VectorSpec, 'settings' | 'distance'>): Issue[] {
  const vector = `vectors.${JSON.stringify(name)}`;
  const index = settings.index as { readonly on_disk?: unknown } | undefined;
  return [
    ...(distance === undefined
      ? []
      : [{ field: `${vector}.distance`, value: distance, message: 'a sparse vector has no distance: leave it out' }]),
    ...(model.toLowerCase() === bm25Model
      ? [
          {
            field: `${vector}.sparse.model`,
            value: model,
            message: 'is counted, not learned: write bm25: { text, encoder: server } instead of sparse',
          },
        ]
      : []),
    ...(index?.on_disk === false
      ? [{ field: `${vector}.settings.index`, value: index, message: 'learned sparse vectors go on disk: leave on_disk out' }]
      : []),
  ];
}

function inPlaceBlockers(path: string, { spec }: PlanScene): Issue[] {
  if (!isInPlace(spec)) return [];
  const message =
    'Qdrant adds a sparse vector with its index in memory: name a new target.collection, keep the old vectors in it, and leave inPlace out';
  return [{ field: path, value: null, message }];
}

const withoutInference =
  'give Qdrant an inference service, or have workers ask a server of yours (via: worker, provider: tei-sparse in reembed.config.yaml), or take bm25 for words';
