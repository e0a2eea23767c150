import { type AffineMap, applyMap } from './affine-map.ts';
import { foldMoments } from './folded-moments.ts';
import { type HeldOutScores, type JudgedQueries, ndcgOf, neighboursKept, scoreHeldOut } from './held-out-scores.ts';
import { beginKernelFit } from './kernel-fit.ts';
import { areUnit, type LinearAlgebra } from './linear-algebra.ts';
import { fitProcrustes, fitRidge } from './linear-fits.ts';
import { type Pairs, type Sizes, sumMoments } from './pair-moments.ts';

export type FitName = 'ridge' | 'procrustes' | 'kernel';
/** `ofQuarter`: the overlap over the first quarter of the held-out pairs; null where those are too few for ten to be a choice. */
export type FittedMap = { readonly map: AffineMap; readonly scores: HeldOutScores; readonly ofQuarter: number | null };

export type Fitted = {
  readonly ridge: FittedMap & { readonly lambda: number };
  readonly procrustes: FittedMap;
  /** Null where the pairs are too few for it. */
  readonly kernel: FittedMap | null;
  /** Which retrieves best on the held-out pairs: by nDCG where there are judged queries, else by overlap. */
  readonly kept: FitName;
  /** The overlap where nothing is mapped: of the ten nearest by old vectors, those that are among the ten nearest by true ones. */
  readonly oldOverlapAt10: number;
  /** The same over the first quarter of the held-out pairs; null where those are too few. */
  readonly oldOfQuarter: number | null;
  /** nDCG@10 of the judged queries over the held-out documents' true vectors: what a full re-embedding would give. */
  readonly trueNdcgAt10: number | null;
  /** Pairs fitted to; the held-out ones are none of them. */
  readonly pairs: number;
  readonly heldOut: number;
};

/** Ten nearest of so few more would be most of them. */
const fewestOfQuarter = 40;

export type MapFit = {
  /** Takes pairs in; the first of all are held out. Give some hundred at a time, in random order. */
  add(pairs: Pairs): void;
  /** Fits both maps and judges them. `judged` goes by the places of the held-out pairs, in the order they came. */
  finish(judged?: JudgedQueries): Fitted;
};

/** A fit. Its memory depends on the sizes of the spaces and on `heldOut`, not on the number of pairs. */
export function beginFit(algebra: LinearAlgebra, sizes: Sizes, heldOut: number): MapFit {
  const moments = foldMoments(algebra, sizes);
  const kernelFit = beginKernelFit(algebra, sizes);
  const truth = new Float32Array(heldOut * sizes.to);
  const inputs = new Float32Array(heldOut * sizes.from);
  let held = 0;
  let unit = true;

  return {
    add(pairs) {
      const count = pairs.from.length / sizes.from;
      const kept = Math.min(heldOut - held, count);
      inputs.set(pairs.from.subarray(0, kept * sizes.from), held * sizes.from);
      truth.set(pairs.to.subarray(0, kept * sizes.to), held * sizes.to);
      held += kept;
      unit &&= areUnit(pairs.to, sizes.to);
      const rest = { from: pairs.from.subarray(kept * sizes.from), to: pairs.to.subarray(kept * sizes.to) };
      moments.add(rest);
      kernelFit.add(rest);
    },
    finish(judged) {
      const documents = { inputs: inputs.subarray(0, held * sizes.from), truth: truth.subarray(0, held * sizes.to) };
      const few = Math.floor(held / 4);
      const quarter = {
        isEnough: few >= fewestOfQuarter,
        ...{ inputs: documents.inputs.subarray(0, few * sizes.from), truth: documents.truth.subarray(0, few * sizes.to) },
      };
      const settle = (fit: Pick<AffineMap, 'matrix' | 'offset' | 'kernel'>): FittedMap => {
        const map = { ...sizes, ...fit, normalise: unit };
        const mapped = applyMap(algebra, map, documents.inputs);
        const part = { truth: quarter.truth, mapped: mapped.subarray(0, quarter.truth.length), to: sizes.to, judged: undefined };
        return {
          map,
          scores: scoreHeldOut(algebra, { truth: documents.truth, mapped, to: sizes.to, judged }),
          ofQuarter: quarter.isEnough ? scoreHeldOut(algebra, part).overlapAt10 : null,
        };
      };
      const ridgeFit = fitRidge(algebra, moments.folds, sizes);
      const ridge = { ...settle(moments.affine(ridgeFit)), lambda: ridgeFit.lambda };
      const procrustes = settle(moments.affine(fitProcrustes(sumMoments(moments.folds, sizes), sizes)));
      const bent = kernelFit.finish();
      const kernel = bent === null ? null : settle({ matrix: bent.matrix, offset: bent.offset, kernel: bent.kernel });
      return {
        ridge,
        procrustes,
        kernel,
        kept: best({ ridge, procrustes, ...(kernel === null ? {} : { kernel }) }),
        oldOverlapAt10: neighboursKept(algebra, documents, sizes),
        oldOfQuarter: quarter.isEnough ? neighboursKept(algebra, quarter, sizes) : null,
        trueNdcgAt10: judged === undefined ? null : ndcgOf(algebra, judged, documents.truth, sizes.to),
        pairs: moments.count(),
        heldOut: held,
      };
    },
  };
}

/** Of fits that find the same the first, which is the simplest. */
function best(fits: Partial<Record<FitName, FittedMap>>): FitName {
  const names = Object.keys(fits) as FitName[];
  return names.reduce((most, name) => (quality(fits[name]) > quality(fits[most]) ? name : most));
}

function quality(fit: FittedMap | undefined): number {
  return fit?.scores.ndcgAt10 ?? fit?.scores.overlapAt10 ?? 0;
}
