import { hash } from 'node:crypto';
import type { PointId } from '@reembed/contracts';
import { allPages, fieldText, type Points, ReembedError, renderText } from '@reembed/core';

export type SampleRequest = {
  readonly collection: string;
  readonly size: number;
  readonly seed: string;
  /** A payload field (dotted path) whose values get equal shares; null: none. */
  readonly stratify: string | null;
  readonly signal?: AbortSignal | undefined;
};

export type Sample = {
  /** In the order of their hashes: any beginning of it is a random sample too. */
  readonly ids: readonly PointId[];
  /** Points chosen by value of the stratified field. */
  readonly strata: Readonly<Record<string, number>>;
  /** Points looked at. */
  readonly scanned: number;
};

type Candidate = { readonly id: PointId; readonly rank: string };

const idsAPage = 10_000;
const payloadsAPage = 1_000;
/** Points of a sample read in one request. */
const pointsAPage = 256;
const mostStrata = 200;

/**
 * A random sample that anyone can draw again: the points whose ids have the lowest hashes. Walks the whole collection, payloads only
 * where it is stratified; keeps `size` ids a stratum. Each stratum gets an equal share; what a small one cannot fill goes to the others.
 */
export async function chooseSample(points: Points, request: SampleRequest): Promise<Sample> {
  const strata = new Map<string, LowestRanks>();
  let scanned = 0;
  for await (const { id, stratum } of walk(points, request)) {
    scanned += 1;
    const lowest = strata.get(stratum) ?? lowestRanks(request.size);
    strata.set(stratum, lowest);
    if (strata.size > mostStrata) throw tooManyStrata(request);
    lowest.offer({ id, rank: hash('sha256', `${request.seed}:${id.id}`) });
  }
  const all = [...strata].map(([value, lowest]) => ({ value, candidates: lowest.sorted() }));
  const shares = divide(
    request.size,
    all.map(({ candidates }) => candidates.length),
  );
  const chosen = all.map(({ value, candidates }, at) => ({ value, candidates: candidates.slice(0, shares[at]) }));
  return {
    ids: chosen
      .flatMap(({ candidates }) => candidates)
      .toSorted(byRank)
      .map(({ id }) => id),
    strata: request.stratify === null ? {} : Object.fromEntries(chosen.map(({ value, candidates }) => [value, candidates.length])),
    scanned,
  };
}

async function* walk(points: Points, { collection, stratify, signal }: SampleRequest): AsyncGenerator<{ id: PointId; stratum: string }> {
  if (stratify === null) {
    const load = (offset: PointId | null) => points.scrollIds(collection, { offset, limit: idsAPage, signal });
    for await (const { ids } of allPages(load)) for (const id of ids) yield { id, stratum: '' };
    return;
  }
  const load = (offset: PointId | null) => points.scroll(collection, { offset, limit: payloadsAPage, payload: true, vectors: [], signal });
  for await (const page of allPages(load)) for (const { id, payload } of page.points) yield { id, stratum: fieldText(payload, stratify) };
}

/** What embedding the sample takes. Reads its payloads; sends nothing to a model. */
export async function measureSample(
  points: Points,
  { collection, text, sample }: { readonly collection: string; readonly text: string; readonly sample: Sample },
  countTokens: (text: string) => Promise<number>,
): Promise<{ readonly texts: number; readonly tokens: number }> {
  let texts = 0;
  let tokens = 0;
  for (const ids of pagesOf(sample)) {
    for (const { payload } of await points.retrieve(collection, { ids, payload: true, vectors: [] })) {
      const rendered = renderText(text, payload);
      if (rendered === null) continue;
      texts += 1;
      tokens += await countTokens(rendered);
    }
  }
  return { texts, tokens };
}

/** The ids of a sample, so many at a time that a page of their vectors stays short. */
export function* pagesOf({ ids }: Sample): Generator<readonly PointId[]> {
  for (let start = 0; start < ids.length; start += pointsAPage) yield ids.slice(start, start + pointsAPage);
}

type LowestRanks = ReturnType<typeof lowestRanks>;

/** The `size` candidates with the lowest ranks; sorts now and then instead of keeping a heap. */
function lowestRanks(size: number) {
  let kept: Candidate[] = [];
  let limit: string | undefined;
  const trim = () => {
    kept = kept.sort(byRank).slice(0, size);
    limit = kept.length === size ? kept.at(-1)?.rank : undefined;
  };
  return {
    offer(candidate: Candidate): void {
      if (limit !== undefined && candidate.rank >= limit) return;
      kept.push(candidate);
      if (kept.length >= 2 * size) trim();
    },
    sorted(): readonly Candidate[] {
      trim();
      return kept;
    },
  };
}

/** `size` over strata of these sizes: equal shares, and what the small ones leave to the larger. */
export function divide(size: number, available: readonly number[]): number[] {
  const shares = available.map(() => 0);
  let left = Math.min(
    size,
    available.reduce((sum, count) => sum + count, 0),
  );
  const ascending = available.map((_, at) => at).toSorted((a, b) => (available[a] ?? 0) - (available[b] ?? 0));
  for (const [done, at] of ascending.entries()) {
    const share = Math.min(available[at] ?? 0, Math.floor(left / (ascending.length - done)));
    shares[at] = share;
    left -= share;
  }
  return shares;
}

function byRank(a: Candidate, b: Candidate): number {
  return a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0;
}

function tooManyStrata({ stratify, collection }: SampleRequest): ReembedError {
  return new ReembedError(
    'invalid-request',
    `stratify: "${stratify}" has more than ${mostStrata} values in "${collection}"; name a field with few, such as a language or a tenant`,
  );
}
