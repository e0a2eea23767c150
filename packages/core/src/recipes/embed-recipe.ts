import { type EmbedRecipe, type Issue, readOrigins, type VectorSpec } from '@reembed/contracts';
import { listed } from '../domain/words.ts';
import type { ModelCatalogue, ModelFacts, ModelRecord } from '../ports/embedder.ts';
import { embedPoints } from './embed-points.ts';
import { otherKindBlockers, otherShapeBlockers } from './other-kinds.ts';
import type { PlanScene } from './plan-scene.ts';
import { pathOf, type TargetVector, usingClause } from './target-vector.ts';
import { checkPresence, reuseSameText, templateBlockers } from './text-recipe.ts';

/** A model's embedding of the rendered text, asked for by workers. A point whose text cannot be embedded is set aside whole. */
export function embedRecipe(name: string, recipe: EmbedRecipe, { distance = 'Cosine', settings }: Omit<VectorSpec, 'embed'>): TargetVector {
  const path = pathOf({ name, recipe: 'embed' });
  return {
    name,
    recipe: 'embed',
    reads: [],
    paid: true,
    make: (context, points) => embedPoints(name, recipe, context, points),
    reuse: (pair, payloads) => reuseSameText(name, recipe.text, pair, payloads),
    check: async (_, pairs) => pairs.map((pair) => checkPresence(name, recipe.text, pair)),
    schema: (_, witness) => ({ kind: 'dense', params: { size: witness[name]?.dimensions, distance, ...settings } }),
    origin({ witness, said: { [recipe.model]: said } }) {
      const dimensions = witness[name]?.dimensions ?? 0;
      return { model: recipe.model, dimensions, text: recipe.text, ...(said && { said }) };
    },
    blockers(scene) {
      const others = otherKindBlockers(path, recipe.model);
      if (others.length > 0) return others;
      if (Object.keys(recipe.options).length > 0)
        return [
          {
            field: `${path}.options`,
            value: recipe.options,
            message: 'are for via: qdrant; parameters of a model that workers call go into reembed.config.yaml',
          },
        ];
      const facts = scene.catalogue.facts(recipe.model);
      const retired = scene.catalogue.record(recipe.model)?.retired ?? null;
      if (retired !== null)
        return [{ field: `${path}.model`, value: recipe.model, message: `was retired on ${retired} and answers no more: choose another` }];
      if (facts !== null)
        return [
          ...unknownBlockers(path, facts),
          ...otherShapeBlockers(path, facts, 'dense'),
          ...dimensionBlockers(path, recipe.dimensions, facts),
          ...templateBlockers(path, recipe.text, scene),
          ...mappedBlockers(path, name, scene),
        ];
      return [notKnown(path, recipe.model, scene.catalogue)];
    },
    warnings: ({ catalogue }) => [
      ...(catalogue.facts(recipe.model)?.pricePerMillionTokensUsd === null
        ? [`The price of ${recipe.model} is not known: set pricePerMillionTokensUsd in reembed.config.yaml.`]
        : []),
      ...oldFigures(recipe.model, catalogue.record(recipe.model)),
    ],
    queryChange({ catalogue, where }) {
      const facts = catalogue.facts(recipe.model);
      const dimensions = recipe.dimensions ?? facts?.dimensions;
      const size = dimensions === null || dimensions === undefined ? '' : ` with ${dimensions} dimensions`;
      return `Embed queries with ${recipe.model}${size} and search "${where}" ${usingClause(name)}. ${facts?.queryHint ?? ''}`.trim();
    },
  };
}

export function notKnown(path: string, model: string, catalogue: Pick<ModelCatalogue, 'known'>): Issue {
  const message = `is not a known model; known are ${listed(catalogue.known())}; others go into reembed.config.yaml`;
  return { field: `${path}.model`, value: model, message };
}

/** In place only what is missing is made, and true vectors among mapped ones win the top of every list. */
function mappedBlockers(path: string, name: string, { spec, around: { source } }: PlanScene): Issue[] {
  if (!spec.target.inPlace || source === null || readOrigins(source.metadata)[name]?.projected === undefined) return [];
  return [{ field: path, value: name, message: 'holds vectors that a learned map made: embed into a vector of another name' }];
}

function oldFigures(model: string, record: ModelRecord | null): string[] {
  if (record?.isOld !== true) return [];
  return [`What is known of ${model} is as of ${record.asOf}, more than a year ago: compare its limits and price with ${record.source}.`];
}

/** Words that a model wants before a text are lost in silence: every vector is worse, and nothing fails. */
export function unknownBlockers(path: string, { model, unsaid }: ModelFacts): Issue[] {
  if (unsaid.length === 0) return [];
  const message = `is not a model that is known here, so what it wants before a text, and how much of one it reads, has to be said, under models: of the spec or in its entry under models: in reembed.config.yaml: ${listed(unsaid)} ("" and null where there is none); or in that entry the built-in model that it is (is: <name>)`;
  return [{ field: `${path}.model`, value: model, message }];
}

function dimensionBlockers(path: string, wanted: number | undefined, facts: ModelFacts): Issue[] {
  const { dimensions } = facts;
  if (wanted === undefined || dimensions === null || wanted === dimensions || givesDimensions(facts, wanted)) return [];
  return [
    { field: `${path}.dimensions`, value: wanted, message: `${facts.model} cannot give this size; it gives ${dimensionList(facts)}` },
  ];
}

/** Whether the model is made to give this size, which is not its own. */
export function givesDimensions({ dimensions, dimensionChoices, leastDimensions }: ModelFacts, wanted: number): boolean {
  if (dimensionChoices !== 'any') return dimensionChoices.includes(wanted);
  return wanted >= leastDimensions && (dimensions === null || wanted < dimensions);
}

/** The sizes of a model, for messages. */
export function dimensionList({ dimensions, dimensionChoices, leastDimensions }: ModelFacts): string {
  if (dimensionChoices === 'any') return leastDimensions > 1 ? `${leastDimensions} to ${dimensions}` : `at most ${dimensions}`;
  return listed([dimensions, ...dimensionChoices].map(String));
}
