import { mean, quantile } from './quantile.ts';
import { createSeededRandom } from './seeded-random.ts';

const resamples = 10_000;
const seed = 20_100_719;

export type Interval = { readonly difference: number; readonly lower: number; readonly upper: number };

/**
 * The mean of each list of paired differences (one for each query) with its 95 % percentile interval: queries are drawn with replacement
 * 10,000 times (Efron 1979; Smucker, Allan, Carterette 2007 for search). The seed is fixed, so the same differences always have the same
 * interval. All lists are of the same queries and share the draws, which are most of the work.
 */
export function bootstrapMeans(lists: readonly (readonly number[])[]): Interval[] {
  const queries = lists[0]?.length ?? 0;
  const random = createSeededRandom(seed);
  const byQuery = Float64Array.from(
    { length: queries * lists.length },
    (_, at) => lists[at % lists.length]?.[Math.floor(at / lists.length)] ?? 0,
  );
  const means = lists.map(() => new Float64Array(resamples));
  for (let resample = 0; resample < resamples; resample++) {
    const sums = sumResample(byQuery, queries, lists.length, random);
    for (const [list, of] of means.entries()) of[resample] = (sums[list] ?? 0) / queries;
  }
  return means.map((of, list) => {
    of.sort();
    return { difference: mean(lists[list] ?? []), lower: quantile(of, 0.025), upper: quantile(of, 0.975) };
  });
}

/** Draws as many queries as there are and sums each list over them. */
function sumResample(byQuery: Float64Array, queries: number, lists: number, random: () => number): Float64Array {
  const sums = new Float64Array(lists);
  for (let drawn = 0; drawn < queries; drawn++) {
    const row = Math.floor(random() * queries) * lists;
    for (let list = 0; list < lists; list++) sums[list] = (sums[list] ?? 0) + (byQuery[row + list] ?? 0);
  }
  return sums;
}
