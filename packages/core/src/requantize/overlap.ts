import type { Overlap, QuantizationSearch, RequantizedVector } from '@reembed/contracts';
import { isReembedError } from '../domain/error.ts';
import type { PointText } from '../domain/point.ts';
import { patientSearches } from '../gates/search-sides.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import type { Hit } from '../ports/searches.ts';
import { minSameSpaceOverlap } from '../quality/quality-verdict.ts';
import { shareFound, wantedShare } from '../quality/ranking-metrics.ts';
import { latencyPercentiles, mean } from '../quality/statistics.ts';

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
        side.shares.push(shareFound(depth, exact.hits, answer.hits));
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

type Measured = Pick<RequantizedVector, 'from' | 'to' | 'before'> & { readonly after: readonly MeasuredSearch[] };

/**
 * Whether the plain search still finds what a change within one space should find; and that in words. Where the index alone found less, nearly
 * as much as before will do. What an earlier quantization lost excuses nothing: else steps that each lose a little would all pass.
 */
export function judgeOverlap(measured: Measured): { readonly verdict: 'pass' | 'fail' | 'not-measured'; readonly says: string } {
  const { from, to, before, after } = measured;
  const plain = after.find(({ search }) => search === null);
  if (plain === undefined) return { verdict: 'not-measured', says: 'no point has this vector: there is nothing to measure' };
  const threshold = minSameSpaceOverlap[to.quantization === null ? 'copy' : 'int8'];
  const fromQuantized = from.quantization !== null && to.quantization !== null;
  const wanted = wantedShare(threshold, fromQuantized ? null : (before?.overlapAt10 ?? null));
  const pass = plain.overlapAt10 >= wanted;
  const verdict = pass ? 'pass' : 'fail';
  const found = `searches find ${share(plain)} of the ten nearest, ${before === null ? 'what they found before is not known' : `${share(before)} before`}`;
  const limit = pass ? `at least ${wanted.toFixed(2)} wanted` : `less than the ${wanted.toFixed(2)} wanted`;
  return {
    verdict,
    says: [`${found}; ${limit}`, latency(plain, before), ...(pass ? lowAllAlong(plain, threshold) : wayOut(after, wanted))].join('. '),
  };
}

function share({ overlapAt10 }: Overlap): string {
  return overlapAt10.toFixed(3);
}

function latency(after: Overlap, before: Overlap | null): string {
  const was = before === null ? '' : ` (before: ${ms(before.p50Ms)} and ${ms(before.p95Ms)})`;
  return `Half of them took at most ${ms(after.p50Ms)}, 95 of 100 at most ${ms(after.p95Ms)}${was}`;
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

function lowAllAlong({ overlapAt10 }: Overlap, threshold: number): string[] {
  if (overlapAt10 >= threshold) return [];
  return [
    `That is below ${threshold.toFixed(2)}, but it was no better before: the index itself finds little, and a larger hnsw ef or m helps`,
  ];
}

function wayOut(after: readonly MeasuredSearch[], wanted: number): string[] {
  const better = after.find(({ search, overlapAt10 }) => search !== null && overlapAt10 >= wanted);
  if (better === undefined) return ['Rescoring does not mend it: put back what was before'];
  const took = `found ${share(better)}, half of them in at most ${ms(better.p50Ms)}`;
  return [
    `Searches with \`"params": {"quantization": ${JSON.stringify(better.search)}}\` ${took}: send that with every query, or put back what was before`,
  ];
}
