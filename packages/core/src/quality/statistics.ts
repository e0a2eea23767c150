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

/** z(0.975) + z(0.80): a two-sided test at 5 % that finds a true difference in 80 of 100 cases. */
const bothErrors = 1.959964 + 0.841621;

/** The smallest true mean difference that n paired queries show: (z + z) · sd / √n (Sakai: Statistical power in IR, normal approximation). */
export function detectableDifference(sdOfDifferences: number, queries: number): number {
  return (bothErrors * sdOfDifferences) / Math.sqrt(queries);
}

/** How many paired queries show a true mean difference of that size. */
export function queriesNeeded(sdOfDifferences: number, difference: number): number {
  return Math.ceil(((bothErrors * sdOfDifferences) / difference) ** 2);
}

/** Sample standard deviation; NaN of fewer than two values. */
export function standardDeviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}

/** Measured between two models on Cranfield; within one space it is about 0.012. */
const usualSd = 0.21;

/** What so many paired differences show; where their own spread cannot be told (one of them, or all alike) that of two models is assumed. */
export function detectableAmong(differences: readonly number[]): number {
  return detectableDifference(spreadOf(differences), differences.length);
}

/** Their standard deviation, or that of two models where it cannot be told. */
export function spreadOf(differences: readonly number[]): number {
  const sd = standardDeviation(differences);
  return sd > 0 ? sd : usualSd;
}

/** The q-quantile (0 to 1) of ascending values, linear between neighbours (type 7 of Hyndman and Fan, the default of R and NumPy). NaN of none. */
export function quantile(ascending: ArrayLike<number>, q: number): number {
  const place = (ascending.length - 1) * q;
  const below = ascending[Math.floor(place)] ?? Number.NaN;
  const above = ascending[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}

/** NaN of none. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Half the searches took at most p50, 95 of 100 at most p95; ms. */
export function latencyPercentiles(tookMs: readonly number[]): { p50: number; p95: number } {
  const ascending = Float64Array.from(tookMs).sort();
  return { p50: quantile(ascending, 0.5), p95: quantile(ascending, 0.95) };
}

/** Numbers in [0, 1) that are the same in every run: mulberry32. */
export function createSeededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
