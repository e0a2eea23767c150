import type { Overlap, QuantizationSearch } from '@reembed/contracts';
import { isReembedError } from '../domain/error.ts';
import type { PointText } from '../domain/point.ts';
import { patientSearches } from '../gates/patient-searches.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import type { Hit } from '../ports/searches.ts';
import { shareFound } from '../quality/found-nearest.ts';
import { latencyPercentiles, mean } from '../quality/quantile.ts';

const depth = 10;
/** Fewer say too little, whatever time they take. */
const fewestQueries = 10;

export type MeasureDeps = Pick<CoordinatorDeps, 'points' | 'searches' | 'clock'>;

export type OverlapRequest = {
  readonly collection: string;
  readonly vector: string;
  /** Each is asked every query; null: as an application that says nothing of quantization. */
  readonly searches: readonly (QuantizationSearch | null)[];
  readonly queries: number;
  /** No query is begun later, but for the first ten. */
  readonly budgetMs: number;
  readonly signal?: AbortSignal | undefined;
};

export type MeasuredSearch = Overlap & { readonly search: QuantizationSearch | null };

/**
 * What searches find of the ten nearest of exact search, with stored vectors of random points as queries, each without its own point. Empty
 * where no point has the vector. A search that the server refuses is left out, but for the plain one.
 */
export async function measureOverlap(deps: MeasureDeps, request: OverlapRequest): Promise<MeasuredSearch[]> {
  const { collection, vector, queries, budgetMs } = request;
  const filter = { must: [{ has_vector: vector }] };
  const sample = await deps.points.sample(collection, queries, { filter, vectors: [vector] });
  const ask = asker(deps, request);
  const found = request.searches.map((search) => ({ search, refused: false, shares: [] as number[], tookMs: [] as number[] }));
  const until = deps.clock.monotonicMs() + budgetMs;
  for (const [place, point] of sample.entries()) {
    if (place >= fewestQueries && deps.clock.monotonicMs() > until) break;
    const exact = await ask(point, true, null);
    for (const side of found.filter(({ refused }) => !refused)) {
      const answer = await ask(point, false, side.search).catch((error: unknown) => refusal(error, side.search));
      if (answer === null) side.refused = true;
      else {
        side.shares.push(shareFound(exact.hits, answer.hits));
        side.tookMs.push(answer.tookMs);
      }
    }
  }
  return found.filter(({ refused, shares }) => !refused && shares.length > 0).map(summary);
}

type Side = { readonly search: QuantizationSearch | null; readonly shares: readonly number[]; readonly tookMs: readonly number[] };

function summary({ search, shares, tookMs }: Side): MeasuredSearch {
  const { p50, p95 } = latencyPercentiles(tookMs);
  return { search, queries: shares.length, overlapAt10: mean(shares), p50Ms: p50, p95Ms: p95 };
}

/** A point is always its own nearest: one more is asked for, and it is left out. */
function asker(deps: MeasureDeps, { collection, vector, signal }: OverlapRequest) {
  const searches = patientSearches(deps);
  const profile = { using: vector, prefetch: [], fusion: null, limit: depth + 1, filter: null };
  return async ({ id, vectors }: PointText, exact: boolean, quantization: QuantizationSearch | null) => {
    const queries = { [vector]: vectors[vector] ?? '' };
    const { hits, tookMs } = await searches.search(collection, { profile, queries, exact, quantization, fields: [], signal });
    return { hits: hits.filter((hit: Hit) => hit.id.id !== id.id).slice(0, depth), tookMs };
  };
}

/** Strict mode may limit oversampling. */
function refusal(error: unknown, search: QuantizationSearch | null): null {
  if (search !== null && isReembedError(error, 'qdrant-refused')) return null;
  throw error;
}
