import { EigenvalueDecomposition, Matrix, SingularValueDecomposition } from 'ml-matrix';
import { type LinearAlgebra, transpose } from './linear-algebra.ts';
import { centredOn, type Means, type Moments, meansOf, type Sizes, sumMoments } from './pair-moments.ts';

/** A linear fit before its offset: matrix from × to, about the means of the pairs it was fitted to. */
export type LinearFit = { readonly matrix: Float32Array; readonly means: Means };
export type RidgeFit = LinearFit & { readonly lambda: number };

/** Strengths that are tried, as shares of the mean eigenvalue of XᵀX. */
const strengths = Array.from({ length: 15 }, (_, step) => 10 ** (-5 + step / 2));

/**
 * Ridge regression about the means: W = (XᵀX + λI)⁻¹XᵀY. λ is the one with the least squared error over the folds, each predicted by a
 * fit to the others. One eigendecomposition a fold serves every λ, and the errors come from the moments alone: with XᵀX = QΛQᵀ of the
 * others and G, C of the fold, ‖Y − XW‖² = const − 2 tr(WᵀC) + tr(WᵀGW).
 */
export function fitRidge(algebra: LinearAlgebra, folds: readonly Moments[], sizes: Sizes): RidgeFit {
  const errors = new Float64Array(strengths.length);
  for (const fold of folds) {
    const others = decompose(algebra, sumMoments(folds, sizes, fold), sizes);
    for (const [at, error] of errorsOn(algebra, others, fold, sizes).entries()) errors[at] = (errors[at] ?? 0) + error;
  }
  const best = errors.indexOf(Math.min(...errors));
  const whole = decompose(algebra, sumMoments(folds, sizes), sizes);
  const lambda = lambdaOf(whole, strengths[best] ?? 0);
  const shrunk = whole.rotated.map((value, at) => value / ((whole.values[Math.floor(at / sizes.to)] ?? 0) + lambda));
  return { matrix: algebra.multiply(whole.vectors, shrunk, sizes.from), means: whole.means, lambda };
}

/** XᵀX = QΛQᵀ, and QᵀXᵀY. */
type Decomposed = {
  readonly means: Means;
  readonly values: Float64Array;
  /** Q, from × from. */
  readonly vectors: Float32Array;
  /** QᵀXᵀY, from × to. */
  readonly rotated: Float32Array;
};

function decompose(algebra: LinearAlgebra, moments: Moments, { from }: Sizes): Decomposed {
  const means = meansOf(moments);
  const { gram, cross } = centredOn(means, moments);
  const evd = new EigenvalueDecomposition(Matrix.from1DArray(from, from, gram), { assumeSymmetric: true });
  const vectors = Float32Array.from(evd.eigenvectorMatrix.to1DArray());
  // Rounding may leave the smallest just below zero.
  const values = Float64Array.from(evd.realEigenvalues, (value) => Math.max(0, value));
  return { means, values, vectors, rotated: algebra.multiply(transpose(vectors, from), Float32Array.from(cross), from) };
}

/** Squared error on a fold for every strength, up to a constant they share. */
function errorsOn(algebra: LinearAlgebra, others: Decomposed, fold: Moments, { from, to }: Sizes): number[] {
  const { gram, cross } = centredOn(others.means, fold);
  const rotate = transpose(others.vectors, from);
  const foldGram = algebra.multiply(algebra.multiply(rotate, Float32Array.from(gram), from), others.vectors, from);
  const foldCross = algebra.multiply(rotate, Float32Array.from(cross), from);
  const inner = algebra.multiply(others.rotated, transpose(others.rotated, to), to);
  const linear = others.values.map((_, row) => dot(others.rotated, foldCross, row * to, to));
  return strengths.map((strength) => {
    const lambda = lambdaOf(others, strength);
    const shrink = others.values.map((value) => 1 / (value + lambda));
    let error = 0;
    for (const [row, factor] of shrink.entries()) {
      error -= 2 * factor * (linear[row] ?? 0);
      for (let column = 0; column < from; column += 1) {
        const at = row * from + column;
        error += factor * (shrink[column] ?? 0) * (foldGram[at] ?? 0) * (inner[at] ?? 0);
      }
    }
    return error;
  });
}

function lambdaOf({ values }: Decomposed, strength: number): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.max(strength * mean, Number.MIN_VALUE);
}

function dot(a: Float32Array, b: Float32Array, start: number, length: number): number {
  let sum = 0;
  for (let at = start; at < start + length; at += 1) sum += (a[at] ?? 0) * (b[at] ?? 0);
  return sum;
}

/**
 * Orthogonal Procrustes about the means, with one scale: XᵀY = UΣVᵀ gives R = UVᵀ, s = tr Σ / tr XᵀX (Schönemann 1966). Between spaces
 * of different sizes R has orthonormal rows or columns, which is the same as padding the smaller space with zeros.
 */
export function fitProcrustes(moments: Moments, { from, to }: Sizes): LinearFit {
  const means = meansOf(moments);
  const { gram, cross } = centredOn(means, moments);
  const svd = new SingularValueDecomposition(Matrix.from1DArray(from, to, cross), { autoTranspose: true });
  const rotation = svd.leftSingularVectors.mmul(svd.rightSingularVectors.transpose());
  const trace = Array.from({ length: from }, (_, at) => gram[at * from + at] ?? 0).reduce((sum, value) => sum + value, 0);
  const scale = svd.diagonal.reduce((sum, value) => sum + value, 0) / trace;
  return { matrix: Float32Array.from(rotation.to1DArray(), (value) => value * scale), means };
}
