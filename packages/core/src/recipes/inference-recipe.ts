import type { EmbedRecipe, Issue, VectorSpec } from '@reembed/contracts';
import { bm25Model } from './bm25-recipe.ts';
import { otherKindBlockers } from './other-kinds.ts';
import type { PlanScene } from './plan-scene.ts';
import { secretBlockers, serverDocuments, serverWarnings, withoutService } from './server-inference.ts';
import { pathOf, type TargetVector, usingClause } from './target-vector.ts';
import { checkPresence, reuseSameText, templateBlockers } from './text-recipe.ts';

/**
 * A model's embedding that Qdrant itself asks for: documents instead of vectors go into the upsert. Nothing is embedded before the target
 * exists, so the spec says the dimensions, and no witness is taken: what a name stands for is the server's affair.
 */
export function inferenceRecipe(
  name: string,
  recipe: EmbedRecipe,
  { distance = 'Cosine', settings }: Omit<VectorSpec, 'embed'>,
): TargetVector {
  const { model, text: template, dimensions, options } = recipe;
  return {
    name,
    recipe: 'embed',
    reads: [],
    paid: true,
    make: async (_, points) => serverDocuments(name, recipe, points),
    reuse: (pair, payloads) => reuseSameText(name, template, pair, payloads),
    check: async (_, pairs) => pairs.map((pair) => checkPresence(name, template, pair)),
    schema: () => ({ kind: 'dense', params: { size: dimensions, distance, ...settings } }),
    origin: () => (dimensions === undefined ? null : { model, dimensions, text: template, via: 'qdrant', options }),
    blockers: (scene) => [
      ...otherKindBlockers(pathOf({ name, recipe: 'embed' }), recipe.model),
      ...documentBlockers(pathOf({ name, recipe: 'embed' }), recipe),
      ...serviceBlockers(pathOf({ name, recipe: 'embed' }), recipe, scene),
      ...templateBlockers(pathOf({ name, recipe: 'embed' }), template, scene),
    ],
    warnings: (scene) => serverWarnings(recipe.model, scene),
    queryChange: ({ where }) =>
      `Search "${where}" by ${JSON.stringify({ query: { text: 'the query', model, options } })} ${usingClause(name)}: Qdrant embeds it.`,
  };
}

function documentBlockers(path: string, { model, dimensions, onLongText, options }: EmbedRecipe): Issue[] {
  return [
    ...(model.toLowerCase() === bm25Model
      ? [{ field: `${path}.model`, value: model, message: 'makes sparse vectors: write bm25: { text, encoder: server } instead of embed' }]
      : []),
    ...(dimensions === undefined
      ? [
          {
            field: `${path}.dimensions`,
            value: null,
            message: `the target is created before Qdrant has embedded anything: say how many dimensions ${model} gives`,
          },
        ]
      : []),
    ...(onLongText === 'quarantine'
      ? []
      : [{ field: `${path}.onLongText`, value: onLongText, message: 'Qdrant sends a text on whole: leave it out, or embed via: worker' }]),
    ...secretBlockers(path, options),
  ];
}

function serviceBlockers(path: string, { model, via }: EmbedRecipe, scene: PlanScene): Issue[] {
  const refusal = withoutService(model, scene);
  if (refusal === null) return [];
  const message = `this server embeds no texts: embed via: worker, or give Qdrant an inference service (${refusal})`;
  return [{ field: `${path}.via`, value: via, message }];
}
