import type { Qrel } from '@reembed/contracts';
import type { Hit } from '../ports/searches.ts';

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

/** Share of the first k documents that both lists hold, whatever their order, of the longer list; 1 where both are empty. */
export function overlapAt(k: number, a: readonly string[], b: readonly string[]): number {
  const first = new Set(firstDocuments(k, a));
  const second = new Set(firstDocuments(k, b));
  const longer = Math.max(first.size, second.size);
  return longer === 0 ? 1 : first.intersection(second).size / longer;
}

/** A document of a result list, with its score; of several points of one document the best comes first. */
export type ScoredDocument = { readonly document: string; readonly score: number };

/** Scores this near, as a share of them, are equal: they are sums of 32-bit floats, whose order the server chooses. */
const equalWithin = 1e-6;

function isEqualScore(a: number, b: number): boolean {
  return Math.abs(a - b) <= equalWithin * Math.max(1, Math.abs(a), Math.abs(b));
}

/**
 * Share of the first k documents of `old` that the first k of `fresh` have, of the longer list; 1 where both are empty. Documents of equal
 * score are interchangeable, as in ann-benchmarks: which of them a search shows is chance. So one that is as near as the last of the old ones
 * counts, whether the old list goes on to it or its own score says so, and one for which another of the same new score might stand that is.
 * Lists that go on below k show more of such ties. An index is held to its exact search by the same rule.
 */
export function overlapByScore(k: number, old: readonly ScoredDocument[], fresh: readonly ScoredDocument[]): number {
  const [before, after] = [bestScores(old), bestScores(fresh)];
  const wanted = [...before.keys()].slice(0, k);
  const shown = [...after.keys()].slice(0, k);
  const longer = Math.max(wanted.length, shown.length);
  if (longer === 0) return 1;
  const last = before.get(wanted.at(-1) ?? '') ?? Number.NaN;
  const isTied = (document: string) => isEqualScore(before.get(document) ?? after.get(document) ?? Number.NaN, last);
  const nearer = new Set(wanted.filter((document) => !isTied(document)));
  const spare = [...after.keys()].slice(k).filter((document) => nearer.has(document) || isTied(document));
  const standIn = (document: string) => {
    const at = spare.findIndex((other) => isEqualScore(after.get(other) ?? Number.NaN, after.get(document) ?? Number.NaN));
    return at === -1 ? document : (spare.splice(at, 1)[0] ?? document);
  };
  const counted = shown.map((document) => (nearer.has(document) || isTied(document) ? document : standIn(document)));
  const tied = counted.filter(isTied).length;
  return (counted.filter((document) => nearer.has(document)).length + Math.min(tied, wanted.length - nearer.size)) / longer;
}

function bestScores(hits: readonly ScoredDocument[]): Map<string, number> {
  const best = new Map<string, number>();
  for (const { document, score } of hits) if (!best.has(document)) best.set(document, score);
  return best;
}

/**
 * Rank-biased overlap of two lists to depth k, extrapolated (RBO_ext): the agreement at the last depth is taken to go on below it, so
 * equal lists have 1 however short they are. With p = 0.9 the first ten places carry 86 % of the weight.
 * Webber, Moffat, Zobel: A similarity measure for indefinite rankings, ACM TOIS 28(4), 2010, equation 32 (lists may differ in length).
 */
export function rankBiasedOverlap(k: number, a: readonly string[], b: readonly string[], p = 0.9): number {
  const [short, long] = [firstDocuments(k, a), firstDocuments(k, b)].sort((x, y) => x.length - y.length) as [string[], string[]];
  if (short.length === 0) return long.length === 0 ? 1 : 0;
  const shared = sharedByDepth(short, long);
  const atShort = shared[short.length - 1] ?? 0;
  const sum = shared.reduce((total, common, index) => {
    const depth = index + 1;
    const assumed = Math.max(0, (atShort * (depth - short.length)) / short.length);
    return total + ((common + assumed) / depth) * p ** depth;
  }, 0);
  const rest = ((shared.at(-1) ?? 0) - atShort) / long.length + atShort / short.length;
  return ((1 - p) / p) * sum + rest * p ** long.length;
}

/** How many documents the lists share down to each depth of the longer one. */
function sharedByDepth(short: readonly string[], long: readonly string[]): number[] {
  return long.map((_, index) => new Set(short.slice(0, index + 1)).intersection(new Set(long.slice(0, index + 1))).size);
}

/** Share of the first k exact hits that a search found, by `overlapByScore`. */
export function shareFound(k: number, exact: readonly Hit[], found: readonly Hit[]): number {
  const scored = (hits: readonly Hit[]) => hits.map(({ id, score }) => ({ document: id.id, score }));
  return overlapByScore(k, scored(exact), scored(found));
}

/** How much less than before, or than another index, a search may find and count as just as good. */
const allowance = 0.02;

/** The share that is wanted: `threshold`, or nearly as much as was found before where that was less; null: nobody knows. */
export function wantedShare(threshold: number, before: number | null): number {
  return before === null ? threshold : Math.min(threshold, before - allowance);
}
