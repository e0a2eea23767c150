import type { Issue, SparseRecipe, VectorSpec } from '@reembed/contracts';
import { isInPlace } from '../domain/recipes-of.ts';
import { bm25Model } from './bm25-recipe.ts';
import type { PlanScene } from './plan-scene.ts';
import { secretBlockers, serverDocuments, serverWarnings, withoutService } from './server-inference.ts';
import { pathOf, type TargetVector, usingClause } from './target-vector.ts';
import { checkPresence, reuseSameText, templateBlockers } from './text-recipe.ts';

/**
 * Learned sparse vectors of the rendered text (SPLADE and its like), which Qdrant has made by its own inference: documents go into the upsert.
 * They have many more values than BM25's, so their index goes on disk.
 */
export function sparseRecipe(name: string, recipe: SparseRecipe, { settings, distance }: Omit<VectorSpec, 'sparse'>): TargetVector {
  const path = pathOf({ name, recipe: 'sparse' });
  const { model, text: template, options } = recipe;
  return {
    name,
    recipe: 'sparse',
    reads: [],
    paid: true,
    make: async (_, points) => serverDocuments(name, recipe, points),
    reuse: (pair, payloads) => reuseSameText(name, template, pair, payloads),
    check: async (_, pairs) =>
      pairs.map((pair) => {
        const kind = checkPresence(name, template, pair);
        // Nothing but signs: a vector without a value is what the model makes of it.
        return kind === 'vector-zero' ? null : kind;
      }),
    schema: () => ({ kind: 'sparse', params: { index: { on_disk: true }, ...settings } }),
    origin: () => ({ model, dimensions: 0, text: template, via: 'qdrant', options }),
    blockers: (scene) => [
      ...(name === '' ? [{ field: path, value: name, message: 'a sparse vector needs a name of its own' }] : []),
      ...fieldBlockers(name, recipe, { settings, distance }),
      ...inPlaceBlockers(path, scene),
      ...serviceBlockers(path, recipe, scene),
      ...templateBlockers(path, template, scene),
    ],
    warnings: (scene) => [
      `Test ${JSON.stringify(name)} alone before it is fused with a dense vector: a half that finds nothing hides behind the other.`,
      ...serverWarnings(model, scene),
    ],
    queryChange: ({ where }) =>
      `Search "${where}" by ${JSON.stringify({ query: { text: 'the query', model, options } })} ${usingClause(name)}: Qdrant makes the sparse query.`,
  };
}

function fieldBlockers(
  name: string,
  { model, options }: SparseRecipe,
  { settings, distance }: Pick<VectorSpec, 'settings' | 'distance'>,
): Issue[] {
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
    ...secretBlockers(`${vector}.sparse`, options),
  ];
}

function inPlaceBlockers(path: string, { spec }: PlanScene): Issue[] {
  if (!isInPlace(spec)) return [];
  const message =
    'Qdrant adds a sparse vector with its index in memory: name a new target.collection, keep the old vectors in it, and leave inPlace out';
  return [{ field: path, value: null, message }];
}

function serviceBlockers(path: string, { model }: SparseRecipe, scene: PlanScene): Issue[] {
  const refusal = withoutService(model, scene);
  if (refusal === null) return [];
  const message = `this server makes no vectors, and workers make no learned sparse ones: give Qdrant an inference service, or take bm25 for words (${refusal})`;
  return [{ field: `${path}.model`, value: model, message }];
}
