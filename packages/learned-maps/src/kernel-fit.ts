import type { AffineMap } from './affine-map.ts';
import { type FoldedMoments, foldMoments } from './folded-moments.ts';
import { type HeldKernel, holdKernel, type Kernel, kernelWidth, whitening } from './kernel.ts';
import type { LinearAlgebra } from './linear-algebra.ts';
import { fitRidge } from './linear-fits.ts';
import type { Pairs, Sizes } from './pair-moments.ts';

/** Landmarks at most: an eigendecomposition of so many takes seconds, and a vector is compared with each of them when it is mapped. */
const mostLandmarks = 1_024;
/** With fewer there is nothing to bend. */
const fewestLandmarks = 20;

export type KernelFit = {
  add(pairs: Pairs): void;
  /** Null where the pairs are too few, or their old vectors all alike. */
  finish(): (Pick<AffineMap, 'matrix' | 'offset' | 'kernel'> & { readonly lambda: number }) | null;
};

type Begun = { readonly kernel: Kernel; readonly held: HeldKernel; readonly white: Float32Array; readonly moments: FoldedMoments };

/**
 * Kernel ridge regression on landmarks, which are the first of the pairs: how near a vector is to each of them, whitened, goes through ridge as a vector
 * does. Pairs before the landmarks are complete are kept; no others are.
 */
export function beginKernelFit(algebra: LinearAlgebra, sizes: Sizes): KernelFit {
  let waiting: Pairs[] = [];
  let begun: Begun | null | undefined;
  const take = (to: Begun, { from, to: wanted }: Pairs) => {
    const features = algebra.multiply(to.held.features(from), to.white, to.kernel.landmarks.length / sizes.from);
    to.moments.add({ from: features, to: wanted });
  };
  const begin = () => {
    begun = beginWith(algebra, joined(waiting.map(({ from }) => from)).slice(0, mostLandmarks * sizes.from), sizes);
    if (begun !== null) for (const pairs of waiting) take(begun, pairs);
    waiting = [];
  };
  return {
    add(pairs) {
      if (begun !== undefined) return begun === null ? undefined : take(begun, pairs);
      waiting.push(pairs);
      if (waiting.reduce((sum, { from }) => sum + from.length, 0) >= mostLandmarks * sizes.from) begin();
    },
    finish() {
      if (begun === undefined) begin();
      return begun === undefined || begun === null ? null : settle(algebra, begun, sizes);
    },
  };
}

function beginWith(algebra: LinearAlgebra, landmarks: Float32Array, sizes: Sizes): Begun | null {
  const count = landmarks.length / sizes.from;
  const width = kernelWidth(landmarks, sizes.from);
  if (count < fewestLandmarks || !(width > 0)) return null;
  const kernel = { landmarks, width };
  const held = holdKernel(algebra, kernel, sizes.from);
  return { kernel, held, white: whitening(held, landmarks, sizes.from), moments: foldMoments(algebra, { from: count, to: sizes.to }) };
}

/** The whitening goes into the matrix, so that a vector passes one matrix after its features. */
function settle(algebra: LinearAlgebra, { kernel, held, white, moments }: Begun, sizes: Sizes) {
  held.close();
  const count = kernel.landmarks.length / sizes.from;
  const fit = fitRidge(algebra, moments.folds, { from: count, to: sizes.to });
  const { matrix, offset } = moments.affine(fit);
  return { matrix: algebra.multiply(white, matrix, count), offset, kernel, lambda: fit.lambda };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
