const resamples = 10_000;
const seed = 20_100_719;

export type Interval = { readonly difference: number; readonly lower: number; readonly upper: number };

/**
 * Which queries stand or fall together. `of`: the cluster of each query, counted from 0 without gaps; those of one cluster are about the same
 * documents, and one piece of evidence. `documents`: of each cluster, numbered over all; some share a part of theirs. Left out: none do.
 */
export type Clusters = { readonly of: readonly number[]; readonly documents?: readonly (readonly number[])[] };

/**
 * The mean of each list of paired differences (one for each query) with its percentile interval of `level`: clusters of queries are drawn with
 * replacement 10,000 times (Efron 1979; Smucker, Allan, Carterette 2007 for search; Davison and Hinkley 1997, 3.8 for clusters), and the interval
 * is widened by what clusters have in common that share a part of their documents. The seed is fixed, so the same differences always have the
 * same interval. All lists are of the same queries and share the draws, which are most of the work. Default: every query is a cluster of its own.
 */
export function bootstrapMeans(
  lists: readonly (readonly number[])[],
  clusters: Clusters = ownClusters(lists[0]?.length ?? 0),
  level = 0.95,
): Interval[] {
  const random = createSeededRandom(seed);
  const byCluster = sumByCluster([...lists, clusters.of.map(() => 1)], clusters);
  const widenings = wideningsOf(lists, clusters);
  const means = lists.map(() => new Float64Array(resamples));
  for (let resample = 0; resample < resamples; resample++) {
    const sums = sumResample(byCluster, random);
    const queries = sums[lists.length] ?? 0;
    for (const [list, of] of means.entries()) of[resample] = (sums[list] ?? 0) / queries;
  }
  return means.map((of, list) => {
    of.sort();
    const values = lists[list] ?? [];
    const difference = mean(values);
    const wider = widenings[list] ?? 1;
    const bound = (q: number) => (wider === 1 ? quantile(of, q) : difference + (quantile(of, q) - difference) * wider);
    return { difference, lower: bound((1 - level) / 2), upper: bound((1 + level) / 2) };
  });
}

function ownClusters(queries: number): Clusters {
  return { of: Array.from({ length: queries }, (_, at) => at) };
}

function countOfClusters({ of }: Clusters): number {
  return of.reduce((most, cluster) => Math.max(most, cluster + 1), 0);
}

/*
 * Two clusters with some documents in common are neither one piece of evidence nor two. To join them all, as connected components, is safe and
 * says nothing: on Cranfield 225 queries make 33 components, of which one has 159. So what two clusters have in common counts as the cosine of
 * their sets of documents: 1 where the sets are the same, 0 where they share nothing. That is the correlation of two means if every document has
 * its own luck and a query none. How much of the luck is that of documents (`share`, 0 to 1) the differences tell: products of two clusters'
 * differences rise with the cosine as far as it is (least squares through nothing, as for a variogram).
 */

type Overlap = { readonly one: number; readonly other: number; readonly cosine: number };

/**
 * Goes through the cosines of clusters that share documents, each pair twice and none with itself. Where all share one document these are as many
 * as the clusters' square, so none is kept.
 */
function* overlapsOf({ documents = [] }: Clusters): Generator<Overlap> {
  const holders = new Map<number, number[]>();
  for (const [cluster, own] of documents.entries())
    for (const document of own) {
      const known = holders.get(document);
      if (known === undefined) holders.set(document, [cluster]);
      else known.push(cluster);
    }
  const common = new Uint32Array(documents.length);
  for (const [one, own] of documents.entries()) {
    const others: number[] = [];
    for (const document of own)
      for (const other of holders.get(document) ?? []) {
        if (common[other] === 0) others.push(other);
        common[other] = (common[other] ?? 0) + 1;
      }
    for (const other of others) {
      const count = common[other] ?? 0;
      common[other] = 0;
      if (other !== one) yield { one, other, cosine: count / Math.sqrt(own.length * (documents[other]?.length ?? 0)) };
    }
  }
}

/** For each list, how many times as large the standard error of its mean is as if clusters shared nothing; at least 1. */
function wideningsOf(lists: readonly (readonly number[])[], clusters: Clusters): number[] {
  const sizes = sumByCluster([clusters.of.map(() => 1)], clusters).sums;
  const shared = lists.map((values) => {
    const centre = mean(values);
    const { sums } = sumByCluster([values.map((value) => value - centre)], clusters);
    return { sums, means: sums.map((sum, cluster) => sum / (sizes[cluster] ?? 1)), products: 0 };
  });
  let [squares, reach] = [0, 0];
  for (const { one, other, cosine } of overlapsOf(clusters)) {
    squares += cosine ** 2;
    reach += cosine * (sizes[one] ?? 1) * (sizes[other] ?? 1);
    for (const list of shared) list.products += cosine * (list.means[one] ?? 0) * (list.means[other] ?? 0);
  }
  return shared.map(({ sums, means, products }) => {
    const apart = sums.reduce((total, sum) => total + sum ** 2, 0);
    const variance = mean([...means].map((of) => of ** 2));
    const share = products > 0 ? Math.min(1, products / (squares * variance)) : 0;
    return share === 0 ? 1 : Math.sqrt(1 + (share * variance * reach) / apart);
  });
}

/** The same for whatever the queries add to an estimate (`values`, one for each): to first order its standard error is that of their mean. */
export function widening(values: readonly number[], clusters: Clusters): number {
  return wideningsOf([values], clusters)[0] ?? 1;
}

/** Sums of cosines miss a whole number by less. */
const rounding = 1e-6;

/** How many independent pieces of evidence the queries are at least: each cluster counts 1 / (the sum of its cosines with all clusters, itself among them). */
export function independentOf(clusters: Clusters): number {
  const degrees = new Float64Array(countOfClusters(clusters)).fill(1);
  for (const { one, cosine } of overlapsOf(clusters)) degrees[one] = (degrees[one] ?? 0) + cosine;
  return Math.floor(degrees.reduce((sum, degree) => sum + 1 / degree, 0) + rounding);
}

/** Of each cluster one row, which has the sum of each list over its queries. */
type Rows = { readonly sums: Float64Array; readonly rows: number; readonly width: number };

function sumByCluster(lists: readonly (readonly number[])[], clusters: Clusters): Rows {
  const [rows, width] = [countOfClusters(clusters), lists.length];
  const sums = new Float64Array(rows * width);
  for (const [list, values] of lists.entries()) {
    for (const [at, value] of values.entries()) {
      const place = (clusters.of[at] ?? 0) * width + list;
      sums[place] = (sums[place] ?? 0) + value;
    }
  }
  return { sums, rows, width };
}

/** Draws as many rows as there are and sums each list over them. */
function sumResample({ sums: byRow, rows, width }: Rows, random: () => number): Float64Array {
  const sums = new Float64Array(width);
  for (let drawn = 0; drawn < rows; drawn++) {
    const row = Math.floor(random() * rows) * width;
    for (let list = 0; list < width; list++) sums[list] = (sums[list] ?? 0) + (byRow[row + list] ?? 0);
  }
  return sums;
}

/** z(0.975) + z(0.80): a two-sided test at 5 % that finds a true difference in 80 of 100 cases. */
const bothErrors = 1.959964 + 0.841621;

/** The smallest true mean difference that n paired queries show: (z + z) · sd / √n (Sakai: Statistical power in IR, normal approximation). */
export function detectableDifference(sdOfDifferences: number, queries: number): number {
  return (bothErrors * sdOfDifferences) / Math.sqrt(queries);
}

/** Measured between two models on Cranfield; within one space it is about 0.012. */
const usualSd = 0.21;

/** What so many paired differences show; where their own spread cannot be told (one of them, or all alike) that of two models is assumed. */
export function detectableAmong(differences: readonly number[], clusters: Clusters = ownClusters(differences.length)): number {
  return detectableDifference(spreadOf(differences, clusters), countOfClusters(clusters));
}

/**
 * The standard deviation of one cluster's contribution to the mean, so that spread / √clusters is the mean's standard error (Liang and Zeger
 * 1986); of clusters of one query each it is that of the differences. That of two models where it cannot be told.
 */
export function spreadOf(differences: readonly number[], clusters: Clusters = ownClusters(differences.length)): number {
  const count = countOfClusters(clusters);
  const centre = mean(differences);
  const { sums } = sumByCluster([differences.map((difference) => difference - centre)], clusters);
  const squares = sums.reduce((sum, of) => sum + of ** 2, 0);
  const spread = (count / differences.length) * Math.sqrt(squares / (count - 1)) * widening(differences, clusters);
  return count > 1 && spread > 0 ? spread : usualSd;
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
