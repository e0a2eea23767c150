import type { Qrel } from '@reembed/contracts';

/** Relevance by document, of one query. A document that is absent was never judged, which counts as not relevant. */
export type Judgements = ReadonlyMap<string, number>;

/** Judgements by query. Of two judgements of one document the last counts. */
export function judgementsByQuery(qrels: readonly Qrel[]): ReadonlyMap<string, Judgements> {
  const byQuery = new Map<string, Map<string, number>>();
  for (const { query, document, relevance } of qrels) {
    byQuery.set(query, (byQuery.get(query) ?? new Map()).set(document, relevance));
  }
  return byQuery;
}

/** The first k documents, best first: the place of a document is that of its best point. */
export function firstDocuments(k: number, ranked: readonly string[]): string[] {
  return [...new Set(ranked)].slice(0, k);
}

/**
 * nDCG@k as trec_eval's ndcg_cut: the gain is the relevance itself, discounted by log2(place + 1), over that of the best order there is
 * (Järvelin and Kekäläinen 2002). 0 where no document is relevant. Ties stand as they were ranked.
 */
export function ndcgAt(k: number, ranked: readonly string[], judgements: Judgements): number {
  const ideal = discountedGain([...judgements.values()].sort((a, b) => b - a).slice(0, k));
  const gains = firstDocuments(k, ranked).map((document) => judgements.get(document) ?? 0);
  return ideal === 0 ? 0 : discountedGain(gains) / ideal;
}

/** Share of the relevant documents among the first k, as trec_eval's recall. 0 where no document is relevant. */
export function recallAt(k: number, ranked: readonly string[], judgements: Judgements): number {
  const relevant = [...judgements.values()].filter((relevance) => relevance > 0).length;
  const found = firstDocuments(k, ranked).filter((document) => isRelevant(judgements, document)).length;
  return relevant === 0 ? 0 : found / relevant;
}

/** 1 / place of the first relevant document, 0 where it is not among the first k; its mean over queries is MRR@k. */
export function reciprocalRankAt(k: number, ranked: readonly string[], judgements: Judgements): number {
  const index = firstDocuments(k, ranked).findIndex((document) => isRelevant(judgements, document));
  return index === -1 ? 0 : 1 / (index + 1);
}

/** Share of the first k documents found that somebody judged, relevant or not; 0 where nothing was found. */
export function judgedAt(k: number, ranked: readonly string[], judgements: Judgements): number {
  const first = firstDocuments(k, ranked);
  return first.length === 0 ? 0 : first.filter((document) => judgements.has(document)).length / first.length;
}

function discountedGain(gains: readonly number[]): number {
  return gains.reduce((sum, gain, index) => sum + Math.max(gain, 0) / Math.log2(index + 2), 0);
}

function isRelevant(judgements: Judgements, document: string): boolean {
  return (judgements.get(document) ?? 0) > 0;
}
