import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { type LinearAlgebra, squaredLength, transpose } from './linear-algebra.ts';

/** How near a vector is to each landmark: exp(-|x - l|² / (2 width²)). */
export type Kernel = {
  /** m × from, row-major. */
  readonly landmarks: Float32Array;
  readonly width: number;
};

export type HeldKernel = {
  /** n × from to n × m. */
  features(vectors: Float32Array): Float32Array;
  close(): void;
};

/** The kernel in the library's memory. A vector has the same features to the bit, alone or among others. */
export function holdKernel(algebra: LinearAlgebra, { landmarks, width }: Kernel, from: number): HeldKernel {
  const scale = 1 / (width * width);
  const count = landmarks.length / from;
  const offset = Float32Array.from({ length: count }, (_, row) => (-scale / 2) * squaredLength(landmarks, row * from, from));
  const held = algebra.hold(
    transpose(landmarks, from).map((value) => value * scale),
    from,
    offset,
  );
  return {
    features(vectors) {
      const values = held.multiply(vectors);
      for (let row = 0; row < vectors.length / from; row += 1) {
        const half = (scale / 2) * squaredLength(vectors, row * from, from);
        // Rounding may bring a vector nearer to itself than it is.
        for (let at = row * count; at < (row + 1) * count; at += 1) values[at] = Math.exp(Math.min(0, (values[at] ?? 0) - half));
      }
      return values;
    },
    close: held.close,
  };
}

/** Rows that the width is taken from. */
const rowsForWidth = 200;

/** The median distance between landmarks; 0 where most of them are the same. */
export function kernelWidth(landmarks: Float32Array, from: number): number {
  const rows = Math.min(rowsForWidth, landmarks.length / from);
  const distances: number[] = [];
  for (let a = 0; a < rows; a += 1) for (let b = 0; b < a; b += 1) distances.push(squaredDistance(landmarks, a * from, b * from, from));
  const ascending = Float64Array.from(distances).sort();
  return Math.sqrt(ascending[Math.floor(ascending.length / 2)] ?? 0);
}

function squaredDistance(values: Float32Array, a: number, b: number, size: number): number {
  let sum = 0;
  for (let at = 0; at < size; at += 1) sum += ((values[a + at] ?? 0) - (values[b + at] ?? 0)) ** 2;
  return sum;
}

/** Eigenvalues below this share of the greatest are rounding of f32. */
const leastShare = 1e-6;

/**
 * K^-½ of the landmarks' own features (m × m): features times it have the kernel as their inner product, so that ridge over them is kernel ridge
 * on the landmarks' span (Williams and Seeger 2001).
 */
export function whitening(kernel: HeldKernel, landmarks: Float32Array, from: number): Float32Array {
  const count = landmarks.length / from;
  const own = Float64Array.from(kernel.features(landmarks));
  const evd = new EigenvalueDecomposition(Matrix.from1DArray(count, count, own), { assumeSymmetric: true });
  const vectors = evd.eigenvectorMatrix.to1DArray();
  const least = leastShare * Math.max(...evd.realEigenvalues);
  const roots = evd.realEigenvalues.map((value) => 1 / Math.sqrt(Math.max(value, least)));
  return Float32Array.from(vectors, (value, at) => value * (roots[at % count] ?? 0));
}
