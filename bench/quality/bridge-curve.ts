import { bridged, type Judgements, judgementsByQuery, mean, ndcgAt } from '@reembed/core';
import type { DataSet } from './data-set.ts';
import { type EmbeddedSet, eachRow, type Vectors } from './embed-set.ts';
import { dot } from './rank.ts';

type Hit = { readonly id: { readonly kind: 'integer'; readonly id: string } };
/** Places in the corpus, best first. */
type Ranking = readonly number[];

/** A set as both models rank all of it, with what is relevant. `log`: queries that were asked before, and are not judged here. */
export type RankedSet = {
  readonly documents: readonly string[];
  readonly judged: readonly { readonly old: Ranking; readonly fresh: Ranking; readonly judgements: Judgements }[];
  readonly log: readonly Ranking[];
};

/** nDCG@10 while so much is filled. `alone`: of the new vector without the bridge, which finds only what has it. */
export type CurvePoint = { readonly share: number; readonly bridge: number; readonly alone: number };

/** Every other query is judged; the others are the log of what was asked before. */
export function rankSet({ corpus, queries, qrels }: DataSet, old: EmbeddedSet, fresh: EmbeddedSet): RankedSet {
  const byQuery = judgementsByQuery(qrels);
  const [before, after] = [eachRow(old.queries), eachRow(fresh.queries)];
  const ranked = queries.map(({ id }, at) => ({
    old: rankAll(old.corpus, before[at]),
    fresh: rankAll(fresh.corpus, after[at]),
    judgements: byQuery.get(id) ?? new Map<string, number>(),
  }));
  return {
    documents: corpus.map(({ id }) => id),
    judged: ranked.filter(({ judgements }, at) => at % 2 === 1 && [...judgements.values()].some((relevance) => relevance > 0)),
    log: ranked.filter((_, at) => at % 2 === 0).map((query) => query.old),
  };
}

function rankAll(corpus: Vectors, query: Float32Array = new Float32Array()): Ranking {
  const scored = eachRow(corpus).map((row, at) => ({ at, score: dot(query, row) }));
  return scored.sort((a, b) => b.score - a.score).map(({ at }) => at);
}

/** The set dealt into so many smaller collections, each with the queries that have relevant documents in it. */
export function dealt({ documents, judged }: RankedSet, parts: number): RankedSet[] {
  return Array.from({ length: parts }, (_, part) => {
    const own = new Set(documents.filter((_name, at) => at % parts === part));
    const isHere = (at: number) => at % parts === part;
    const here = judged.map(({ old, fresh, judgements }) => ({
      old: old.filter(isHere),
      fresh: fresh.filter(isHere),
      judgements: new Map([...judgements].filter(([document]) => own.has(document))),
    }));
    return { documents, judged: here.filter(({ judgements }) => [...judgements.values()].some((relevance) => relevance > 0)), log: [] };
  });
}

/** The most retrieved first, as `copy.hotFirst` counts them, then the rest in the order of ids. */
export function hotFirst(documents: number, log: readonly Ranking[], hitsCounted: number): number[] {
  const counts = new Float64Array(documents);
  for (const ranking of log) for (const at of ranking.slice(0, hitsCounted)) counts[at] = (counts[at] ?? 0) + 1;
  return [...counts.keys()].sort((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0) || a - b);
}

/** The curve of one order of filling. */
export function curveOf(set: RankedSet, order: readonly number[], candidates: number, shares: readonly number[]): CurvePoint[] {
  return shares.map((share) => {
    const filled = new Set(order.slice(0, Math.round(share * order.length)));
    const over = (find: (query: RankedSet['judged'][number]) => Ranking) =>
      mean(set.judged.map((query) => ndcgAt(10, documentsOf(set, find(query)), query.judgements)));
    return {
      share,
      bridge: over(({ old, fresh }) => bridge(old.slice(0, candidates), fresh, filled)),
      alone: over(({ fresh }) => fresh.filter((at) => filled.has(at))),
    };
  });
}

function bridge(old: Ranking, fresh: Ranking, filled: ReadonlySet<number>): Ranking {
  const found = bridged(old.map(hitOf), fresh.filter((at) => filled.has(at)).map(hitOf));
  return found.map(({ id }) => Number(id.id));
}

function hitOf(at: number): Hit {
  return { id: { kind: 'integer', id: String(at) } };
}

function documentsOf({ documents }: RankedSet, ranking: Ranking): string[] {
  return ranking.slice(0, 10).map((at) => documents[at] ?? '');
}
