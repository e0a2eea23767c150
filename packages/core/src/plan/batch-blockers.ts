import type { Issue } from '@reembed/contracts';
import { embedVectors, isInPlace } from '../domain/recipes-of.ts';
import type { PlanScene } from '../recipes/plan-scene.ts';
import { pathOf } from '../recipes/target-vector.ts';

type Scene = Pick<PlanScene, 'spec' | 'catalogue'>;

/** A range holds all answers of its batch at once. */
const mostRangePoints = 10_000;

/** Where texts cannot go by a batch road, or not safely. */
export function batchBlockers(scene: Scene): Issue[] {
  const { spec } = scene;
  const asked = Object.entries(spec.vectors).filter(([, { embed }]) => embed?.batch === true);
  if (asked.length === 0) return [];
  const workers = new Set(embedVectors(spec).map(({ name }) => name));
  const { rangePoints } = spec.copy;
  return [
    ...asked.flatMap(([name, { embed }]) => {
      const why = workers.has(name)
        ? whyNot(scene, embed?.model ?? '')
        : 'is for workers: what Qdrant embeds (via: qdrant) has no batch road';
      return why === null ? [] : [{ field: `${pathOf({ name, recipe: 'embed' })}.batch`, value: true, message: why }];
    }),
    ...(rangePoints <= mostRangePoints
      ? []
      : [
          {
            field: 'copy.rangePoints',
            value: rangePoints,
            message: `is more than a batch of one range may hold: at most ${mostRangePoints} with embed.batch`,
          },
        ]),
  ];
}

function whyNot({ spec, catalogue }: Scene, model: string): string | null {
  if (isInPlace(spec)) return 'is for a copy into a new collection: texts of a live one may change within the day';
  const facts = catalogue.facts(model);
  if (facts === null) return null;
  if (facts.batches !== true)
    return `is OpenAI's /v1/batches, at its own address, at Voyage's (api.voyageai.com) or where the model's entry says batchPricePerMillionTokensUsd; ${model} is not asked there, and the batch roads of Cohere and Gemini are others: leave it out`;
  if ((catalogue.record(model)?.batchPricePerMillionTokensUsd ?? null) === null)
    return `the price of ${model} by batch is not known: set batchPricePerMillionTokensUsd in reembed.config.yaml, or leave it out`;
  return null;
}
