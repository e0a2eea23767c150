import { mean, quantile } from './quantile.ts';
import { createSeededRandom } from './seeded-random.ts';

const resamples = 10_000;
const seed = 20_100_719;

export type Interval = { readonly difference: number; readonly lower: number; readonly upper: number };

/**
 * The mean of paired differences (one for each query) with its 95 % percentile interval: queries are drawn with replacement 10,000 times
 * (Efron 1979; Smucker, Allan, Carterette 2007 for search). The seed is fixed, so the same differences always have the same interval.
 */
export function bootstrapMean(differences: readonly number[]): Interval {
  const values = Float64Array.from(differences);
  const random = createSeededRandom(seed);
  const means = new Float64Array(resamples).map(() => resampledMean(values, random)).sort();
  return { difference: mean(differences), lower: quantile(means, 0.025), upper: quantile(means, 0.975) };
}

function resampledMean(values: Float64Array, random: () => number): number {
  let sum = 0;
  for (let drawn = 0; drawn < values.length; drawn++) sum += values[Math.floor(random() * values.length)] ?? 0;
  return sum / values.length;
}
