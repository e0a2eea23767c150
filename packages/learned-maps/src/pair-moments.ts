import { type LinearAlgebra, transpose } from './linear-algebra.ts';

/** Vectors of the same points in both spaces, row-major: n × from and n × to. */
export type Pairs = { readonly from: Float32Array; readonly to: Float32Array };

export type Sizes = { readonly from: number; readonly to: number };

/** First and second moments of pairs, in f64: all a linear fit needs of them, so that pairs themselves need not be kept. */
export type Moments = {
  count: number;
  readonly sumFrom: Float64Array;
  readonly sumTo: Float64Array;
  /** Σ xᵀx, from × from. */
  readonly gram: Float64Array;
  /** Σ xᵀy, from × to. */
  readonly cross: Float64Array;
};

export function emptyMoments({ from, to }: Sizes): Moments {
  return {
    count: 0,
    sumFrom: new Float64Array(from),
    sumTo: new Float64Array(to),
    gram: new Float64Array(from * from),
    cross: new Float64Array(from * to),
  };
}

/** Adds pairs. The products are f32 and summed in f64, page by page: give pages of some hundred pairs, near their mean. */
export function addPairs(moments: Moments, algebra: LinearAlgebra, { from, to }: Pairs): void {
  const sizes = { from: moments.sumFrom.length, to: moments.sumTo.length };
  const count = from.length / sizes.from;
  if (count === 0) return;
  const columns = transpose(from, sizes.from);
  addTo(moments.gram, algebra.multiply(columns, from, count));
  addTo(moments.cross, algebra.multiply(columns, to, count));
  addRows(moments.sumFrom, from);
  addRows(moments.sumTo, to);
  moments.count += count;
}

/** All moments together; `without` leaves one out. */
export function sumMoments(all: readonly Moments[], sizes: Sizes, without?: Moments): Moments {
  const sum = emptyMoments(sizes);
  for (const moments of all.filter((each) => each !== without)) {
    sum.count += moments.count;
    for (const field of ['sumFrom', 'sumTo', 'gram', 'cross'] as const) addTo(sum[field], moments[field]);
  }
  return sum;
}

/** Gram and cross products about the given means. */
export function centredOn({ meanFrom, meanTo }: Means, moments: Moments): { gram: Float64Array; cross: Float64Array } {
  return {
    gram: centre(moments.gram, moments.sumFrom, moments.sumFrom, meanFrom, meanFrom, moments.count),
    cross: centre(moments.cross, moments.sumFrom, moments.sumTo, meanFrom, meanTo, moments.count),
  };
}

export type Means = { readonly meanFrom: Float64Array; readonly meanTo: Float64Array };

export function meansOf({ sumFrom, sumTo, count }: Moments): Means {
  return { meanFrom: sumFrom.map((sum) => sum / count), meanTo: sumTo.map((sum) => sum / count) };
}

/** Σ (a − m)ᵀ(b − k) = Σ aᵀb − mᵀ Σb − Σaᵀ k + n mᵀk. */
function centre(products: Float64Array, sumA: Float64Array, sumB: Float64Array, m: Float64Array, k: Float64Array, n: number): Float64Array {
  const width = sumB.length;
  const centred = new Float64Array(products.length);
  for (const [row, mean] of m.entries()) {
    const sum = sumA[row] ?? 0;
    for (let at = row * width, column = 0; column < width; at += 1, column += 1) {
      centred[at] = (products[at] ?? 0) - mean * (sumB[column] ?? 0) - (sum - n * mean) * (k[column] ?? 0);
    }
  }
  return centred;
}

function addTo(sum: Float64Array, values: ArrayLike<number>): void {
  for (let at = 0; at < sum.length; at += 1) sum[at] = (sum[at] ?? 0) + (values[at] ?? 0);
}

function addRows(sum: Float64Array, rows: Float32Array): void {
  for (let at = 0; at < rows.length; at += 1) sum[at % sum.length] = (sum[at % sum.length] ?? 0) + (rows[at] ?? 0);
}
