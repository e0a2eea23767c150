import type { EmbedRecipe, Issue, Spec, VectorOrigin } from '@reembed/contracts';
import type { PointText } from '../domain/point.ts';
import type { ModelCatalogue } from '../ports/embedder.ts';
import { embedPoints } from './embed-points.ts';
import { notKnown, unknownBlockers } from './embed-recipe.ts';
import { otherShapeBlockers } from './other-kinds.ts';
import type { PlanScene } from './plan-scene.ts';
import { secretBlockers, serverDocuments, serverWarnings, withoutService } from './server-inference.ts';
import { type Shaped, shapedText } from './shaped-vector.ts';
import type { MadeVectors, RecipeContext, TargetVector } from './target-vector.ts';

/** What is made of texts by a server that gives no single dense vector. */
export type ServedRecipe = Pick<EmbedRecipe, 'model' | 'text' | 'onMissingText' | 'options' | 'via'>;

/** Words for people, which hang on what is made. */
export type ServedWords = {
  /** What to do where Qdrant makes no vectors. */
  readonly withoutInference: string;
};

/** How a served vector is made, by whoever asks the server: Qdrant, which is sent documents, or workers. */
export type Served = {
  make(context: RecipeContext, points: readonly PointText[]): Promise<MadeVectors>;
  origin(said: Spec['models']): VectorOrigin;
  blockers(scene: PlanScene): Issue[];
  warnings(scene: PlanScene): string[];
  /** What a query is, in words. */
  query(catalogue: ModelCatalogue): string;
};

/** `path`: of the recipe in the spec. */
export function servedBy(
  { name, path }: Pick<TargetVector, 'name'> & { readonly path: string },
  recipe: ServedRecipe,
  shaped: Shaped,
  words: ServedWords,
): Served {
  return recipe.via === 'worker' ? byWorkers(name, path, recipe, shaped) : byQdrant(name, path, recipe, shaped, words);
}

function byQdrant(name: string, path: string, recipe: ServedRecipe, { size }: Shaped, { withoutInference }: ServedWords): Served {
  const { model, text, options } = recipe;
  return {
    make: async (_, points) => serverDocuments(name, recipe, points),
    origin: () => ({ model, dimensions: size, text, via: 'qdrant', options }),
    blockers(scene) {
      const refusal = withoutService(model, scene);
      const without = { field: `${path}.model`, value: model, message: `this server makes no vectors: ${withoutInference} (${refusal})` };
      return [...(refusal === null ? [] : [without]), ...secretBlockers(path, options)];
    },
    warnings: (scene) => serverWarnings(model, scene),
    query: () => `${JSON.stringify({ query: { text: 'the query', model, options } })}: Qdrant makes it of the text`,
  };
}

function byWorkers(name: string, path: string, recipe: ServedRecipe, { shape, size }: Shaped): Served {
  const { model, text } = recipe;
  const asked = { ...recipe, dimensions: shape === 'rows' ? size : undefined, onLongText: 'quarantine' } as const;
  return {
    async make(context, points) {
      const made = await embedPoints(name, asked, context, points);
      const vectors = new Map(
        [...made.vectors].map(([point, vector]) => [point, shapedText(vector, { shape, size }, context.encodeVector)]),
      );
      return { ...made, vectors };
    },
    origin: ({ [model]: said }) => ({ model, dimensions: size, text, ...(said && { said }) }),
    blockers({ catalogue }) {
      const facts = catalogue.facts(model);
      if (facts === null) return [notKnown(path, model, catalogue)];
      return [...optionBlockers(path, recipe), ...otherShapeBlockers(path, facts, shape), ...unknownBlockers(path, facts)];
    },
    warnings: ({ catalogue }) => [
      ...(catalogue.facts(model)?.pricePerMillionTokensUsd === null
        ? [`The price of ${model} is not known: set pricePerMillionTokensUsd in reembed.config.yaml.`]
        : []),
    ],
    query: (catalogue) => `what ${model} makes of the query: ${catalogue.facts(model)?.queryHint ?? 'as its server is asked'}`,
  };
}

function optionBlockers(path: string, { options }: ServedRecipe): Issue[] {
  if (Object.keys(options).length === 0) return [];
  const message = 'are for via: qdrant; parameters of a model that workers call go into reembed.config.yaml';
  return [{ field: `${path}.options`, value: options, message }];
}
