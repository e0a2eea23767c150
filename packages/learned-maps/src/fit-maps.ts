import { type AffineMap, applyMap } from './affine-map.ts';
import { type HeldOutScores, type JudgedQueries, ndcgOf, scoreHeldOut } from './held-out-scores.ts';
import { areUnit, type LinearAlgebra, meanRow } from './linear-algebra.ts';
import { fitProcrustes, fitRidge, type LinearFit } from './linear-fits.ts';
import { addPairs, emptyMoments, type Moments, type Pairs, type Sizes, sumMoments } from './pair-moments.ts';

export type FittedMap = { readonly map: AffineMap; readonly scores: HeldOutScores };

export type Fitted = {
  readonly ridge: FittedMap & { readonly lambda: number };
  readonly procrustes: FittedMap;
  /** Which of the two retrieves better on the held-out pairs: by nDCG where there are judged queries, else by overlap. */
  readonly kept: 'ridge' | 'procrustes';
  /** nDCG@10 of the judged queries over the held-out documents' true vectors: what a full re-embedding would give. */
  readonly trueNdcgAt10: number | null;
  /** Pairs fitted to; the held-out ones are none of them. */
  readonly pairs: number;
  readonly heldOut: number;
};

export type MapFit = {
  /** Takes pairs in; the first of all are held out. Give some hundred at a time, in random order. */
  add(pairs: Pairs): void;
  /** Fits both maps and judges them. `judged` goes by the places of the held-out pairs, in the order they came. */
  finish(judged?: JudgedQueries): Fitted;
};

/** Parts of the pairs that λ is cross-validated over. */
const foldCount = 3;

/** A fit. Its memory depends on the sizes of the spaces and on `heldOut`, not on the number of pairs. */
export function beginFit(algebra: LinearAlgebra, sizes: Sizes, heldOut: number): MapFit {
  const folds = Array.from({ length: foldCount }, () => emptyMoments(sizes));
  const truth = new Float32Array(heldOut * sizes.to);
  const inputs = new Float32Array(heldOut * sizes.from);
  let held = 0;
  let shift: { from: Float32Array; to: Float32Array } | undefined;
  let unit = true;
  let next = 0;

  return {
    add(pairs) {
      const count = pairs.from.length / sizes.from;
      const kept = Math.min(heldOut - held, count);
      inputs.set(pairs.from.subarray(0, kept * sizes.from), held * sizes.from);
      truth.set(pairs.to.subarray(0, kept * sizes.to), held * sizes.to);
      held += kept;
      unit &&= areUnit(pairs.to, sizes.to);
      const rest = { from: pairs.from.subarray(kept * sizes.from), to: pairs.to.subarray(kept * sizes.to) };
      if (rest.from.length === 0) return;
      // Vectors of one model share a large mean; about it the f32 products keep digits that would cancel out.
      shift ??= { from: meanRow(rest.from, sizes.from), to: meanRow(rest.to, sizes.to) };
      for (const [fold, part] of deal(rest, sizes, shift, next).entries()) addPairs(folds[fold] as Moments, algebra, part);
      next += count - kept;
    },
    finish(judged) {
      const about = shift ?? { from: new Float32Array(sizes.from), to: new Float32Array(sizes.to) };
      const documents = { inputs: inputs.subarray(0, held * sizes.from), truth: truth.subarray(0, held * sizes.to) };
      const settle = (fit: LinearFit): FittedMap => {
        const map = toMap(algebra, fit, about, sizes, unit);
        const mapped = applyMap(algebra, map, documents.inputs);
        return { map, scores: scoreHeldOut(algebra, { truth: documents.truth, mapped, to: sizes.to, judged }) };
      };
      const ridgeFit = fitRidge(algebra, folds, sizes);
      const ridge = { ...settle(ridgeFit), lambda: ridgeFit.lambda };
      const procrustes = settle(fitProcrustes(sumMoments(folds, sizes), sizes));
      return {
        ridge,
        procrustes,
        kept: quality(procrustes) > quality(ridge) ? 'procrustes' : 'ridge',
        trueNdcgAt10: judged === undefined ? null : ndcgOf(algebra, judged, documents.truth, sizes.to),
        pairs: next,
        heldOut: held,
      };
    },
  };
}

function quality({ scores }: FittedMap): number {
  return scores.ndcgAt10 ?? scores.overlapAt10;
}

/** y = (x − meanFrom) · W + meanTo, as x · W + offset. */
function toMap(
  algebra: LinearAlgebra,
  { matrix, means }: LinearFit,
  shift: { from: Float32Array; to: Float32Array },
  sizes: Sizes,
  unit: boolean,
): AffineMap {
  const meanFrom = Float32Array.from(means.meanFrom, (mean, at) => mean + (shift.from[at] ?? 0));
  const moved = algebra.multiply(meanFrom, matrix, sizes.from);
  const offset = Float32Array.from(means.meanTo, (mean, at) => mean + (shift.to[at] ?? 0) - (moved[at] ?? 0));
  return { ...sizes, matrix, offset, normalise: unit };
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
