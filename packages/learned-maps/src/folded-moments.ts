import { type LinearAlgebra, meanRow } from './linear-algebra.ts';
import type { LinearFit } from './linear-fits.ts';
import { addPairs, emptyMoments, type Moments, type Pairs, type Sizes } from './pair-moments.ts';

/** Parts of the pairs that the strength of ridge is cross-validated over. */
const foldCount = 3;

/** Moments of pairs, dealt into folds. Memory depends on the sizes alone. */
export type FoldedMoments = {
  /** Pairs to be fitted to: give some hundred at a time, in random order. */
  add(pairs: Pairs): void;
  readonly folds: readonly Moments[];
  count(): number;
  /** The matrix and offset of a fit to these pairs: y = (x - meanFrom) · W + meanTo, as x · W + offset. */
  affine(fit: LinearFit): { readonly matrix: Float32Array; readonly offset: Float32Array };
};

export function foldMoments(algebra: LinearAlgebra, sizes: Sizes): FoldedMoments {
  const folds = Array.from({ length: foldCount }, () => emptyMoments(sizes));
  let shift: Pairs | undefined;
  let next = 0;
  return {
    folds,
    count: () => next,
    add(pairs) {
      if (pairs.from.length === 0) return;
      // Vectors of one model share a large mean; about it the f32 products keep digits that would cancel out.
      shift ??= { from: meanRow(pairs.from, sizes.from), to: meanRow(pairs.to, sizes.to) };
      for (const [fold, part] of deal(pairs, sizes, shift, next).entries()) addPairs(folds[fold] as Moments, algebra, part);
      next += pairs.from.length / sizes.from;
    },
    affine({ matrix, means }) {
      const meanFrom = Float32Array.from(means.meanFrom, (mean, at) => mean + (shift?.from[at] ?? 0));
      const moved = algebra.multiply(meanFrom, matrix, sizes.from);
      return { matrix, offset: Float32Array.from(means.meanTo, (mean, at) => mean + (shift?.to[at] ?? 0) - (moved[at] ?? 0)) };
    },
  };
}

/** Pairs by fold in turn, each about `shift`; `first` is the number of the first pair. */
function deal(pairs: Pairs, sizes: Sizes, shift: Pairs, first: number): Pairs[] {
  const count = pairs.from.length / sizes.from;
  return Array.from({ length: foldCount }, (_, fold) => {
    const rows = Array.from({ length: count }, (_, row) => row).filter((row) => (first + row) % foldCount === fold);
    return { from: pick(pairs.from, sizes.from, rows, shift.from), to: pick(pairs.to, sizes.to, rows, shift.to) };
  });
}

function pick(values: Float32Array, size: number, rows: readonly number[], shift: Float32Array): Float32Array {
  const picked = new Float32Array(rows.length * size);
  for (const [at, row] of rows.entries()) {
    for (let column = 0; column < size; column += 1) picked[at * size + column] = (values[row * size + column] ?? 0) - (shift[column] ?? 0);
  }
  return picked;
}
