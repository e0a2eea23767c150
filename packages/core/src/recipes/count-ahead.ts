import { embedVectors } from '../domain/recipes-of.ts';
import type { ModelCatalogue } from '../ports/embedder.ts';
import { embeddedInstead } from './estimate-embeds.ts';
import type { PlanScene } from './plan-scene.ts';
import { textOf } from './render-text.ts';

/**
 * The catalogue of a plan, with the tokens of the sampled texts counted in turns: whoever asks for them afterwards finds them, and the process
 * that plans does its other work meanwhile, however long the texts are.
 */
export async function countAhead(scene: Pick<PlanScene, 'spec' | 'adapters' | 'catalogue' | 'sample'>): Promise<ModelCatalogue> {
  const { catalogue, sample } = scene;
  const counts = new Map<string, Map<string, number>>();
  for (const { recipe } of embedVectors(embeddedInstead(scene))) {
    const facts = catalogue.facts(recipe.model);
    const ofModel = counts.get(recipe.model) ?? new Map<string, number>();
    counts.set(recipe.model, ofModel);
    for (const point of facts === null ? [] : sample) {
      const text = textOf(recipe.text, point);
      if (text !== null && !ofModel.has(text)) ofModel.set(text, (await facts?.countInTurns(text)) ?? 0);
    }
  }
  return {
    ...catalogue,
    facts(model) {
      const facts = catalogue.facts(model);
      return facts && { ...facts, countTokens: (text) => counts.get(model)?.get(text) ?? facts.countTokens(text) };
    },
  };
}
