import { Matrix, SingularValueDecomposition } from 'ml-matrix';
import type { LinearFit } from './fit-ridge.ts';
import { centredOn, type Moments, meansOf, type Sizes } from './pair-moments.ts';

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
