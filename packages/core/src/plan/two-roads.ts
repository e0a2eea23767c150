import { estimateEmbeds } from '../recipes/estimate-embeds.ts';
import type { PlanScene } from '../recipes/plan-scene.ts';

/** From so many points on, days of embedding make a learned map worth a thought. */
const manyPoints = 100_000_000;
/** Pairs that a map is taken to be fitted to: five to ten a dimension of the models in use. */
export const samplePairs = 20_000;

/** Past a hundred million points both roads are priced: embedding them all, and a map learnt from a sample with the embedding after it. */
export function twoRoads({ spec, catalogue, sample, points }: PlanScene): string[] {
  if (points < manyPoints) return [];
  return estimateEmbeds(spec, catalogue, sample, points).map(({ vector, model, totalTokens, priceUsd }) => {
    const price = (share: number) => (priceUsd === null ? 'at a price that is not known' : `$${(priceUsd * share).toFixed(2)}`);
    const sampled = Math.round((totalTokens / points) * samplePairs);
    return (
      `${count(points)} points are two roads for ${JSON.stringify(vector)}: embedding all of them with ${model} is about ${count(totalTokens)} tokens, ${price(1)}; a map ` +
      `learnt from ${count(samplePairs)} of them (\`reembed adapter fit\`, recipe project) is about ${count(sampled)} tokens, ${price(samplePairs / points)}, searches worse, and bridges the time until the rest is embedded into another vector.`
    );
  });
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
