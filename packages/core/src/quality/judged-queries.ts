import type { ComparedQuery, MetricName, MetricRow, Qrel, QualityGate, SearchMode, ShownHit } from '@reembed/contracts';
import {
  type Judgements,
  judgedAt,
  judgementsByQuery,
  ndcgAt,
  overlapByScore,
  rankBiasedOverlap,
  recallAt,
  reciprocalRankAt,
} from './ranking-metrics.ts';
import { bothSides, documentsOf, gateDepth, type SearchAnswer, type SearchedQuery } from './searched-query.ts';
import { bootstrapMeans, type Clusters, mean } from './statistics.ts';

const metrics = { 'ndcg@10': ndcgAt, 'recall@10': recallAt, 'mrr@10': reciprocalRankAt };
const metricNames: readonly MetricName[] = ['ndcg@10', 'recall@10', 'mrr@10'];
const modes: readonly SearchMode[] = ['exact', 'indexed'];

/** A query with its judgements, of which at least one is relevant: without, every ranking has the same metrics. */
export type JudgedQuery = { readonly query: SearchedQuery; readonly judgements: Judgements };

export function judgedQueries(queries: readonly SearchedQuery[], qrels: readonly Qrel[]): JudgedQuery[] {
  const byQuery = judgementsByQuery(qrels);
  return queries.flatMap((query) => {
    const judgements = byQuery.get(query.id) ?? new Map();
    return [...judgements.values()].some((relevance) => relevance > 0) ? [{ query, judgements }] : [];
  });
}

/**
 * Queries for which the same documents are relevant are one cluster: several questions about one page stand or fall with that page. So are
 * queries of the same words, which have the same results, whatever is relevant for each. The documents of each cluster are kept: others may share
 * a part of them.
 */
export function clustersOf(judged: readonly { readonly query: Pick<SearchedQuery, 'text'>; readonly judgements: Judgements }[]): Clusters {
  const groups = new Map<string, number>();
  const parents: number[] = [];
  const rootOf = (group: number): number => (parents[group] === group ? group : rootOf(parents[group] ?? group));
  const found = judged.map(({ query, judgements }) => {
    const relevant = relevantOf(judgements);
    const keys = [`words ${query.text.trim()}`, `documents ${JSON.stringify(relevant.sort())}`];
    const known = keys.flatMap((key) => groups.get(key) ?? []).map(rootOf);
    const root = Math.min(parents.length, ...known);
    parents[root] = root;
    for (const other of known) parents[other] = root;
    for (const key of keys) groups.set(key, root);
    return root;
  });
  const numbers = new Map([...new Set(found.map(rootOf))].map((root, number) => [root, number]));
  const of = found.map((group) => numbers.get(rootOf(group)) ?? 0);
  const names = new Map<string, number>();
  const documents = Array.from(numbers, () => new Set<number>());
  for (const [at, { judgements }] of judged.entries())
    for (const document of relevantOf(judgements)) {
      if (!names.has(document)) names.set(document, names.size);
      documents[of[at] ?? 0]?.add(names.get(document) ?? 0);
    }
  return { of, documents: documents.map((own) => [...own]) };
}

function relevantOf(judgements: Judgements): string[] {
  return [...judgements].flatMap(([document, relevance]) => (relevance > 0 ? [document] : []));
}

/** Every metric, exact and then indexed, with the interval of its difference. */
export function metricRows(judged: readonly JudgedQuery[], clusters: Clusters): MetricRow[] {
  if (judged.length === 0) return [];
  const rows = modes.flatMap((mode) =>
    metricNames.map((metric) => ({ metric, mode, measured: judged.map((one) => measure(one, metric, mode)) })),
  );
  const intervals = bootstrapMeans(
    rows.map(({ measured }) => measured.map((sides) => sides.new - sides.old)),
    clusters,
  );
  return intervals.map((interval, at) => {
    const { metric, mode, measured } = rows[at] as (typeof rows)[number];
    return { metric, mode, ...bothSides((side) => mean(measured.map((sides) => sides[side]))), ...interval };
  });
}

/** nDCG@10 exact and then indexed, with the interval of its difference at `level`. */
export function ndcgByMode(judged: readonly JudgedQuery[], clusters: Clusters, level: number): Omit<MetricRow, 'metric'>[] {
  return modes.flatMap((mode) => {
    const measured = judged.map((one) => measure(one, 'ndcg@10', mode));
    const means = bothSides((side) => mean(measured.map((sides) => sides[side])));
    const intervals = bootstrapMeans([measured.map((sides) => sides.new - sides.old)], clusters, level);
    return intervals.map((interval) => ({ mode, ...means, ...interval }));
  });
}

/** nDCG@10 of one query, exact. */
export function ndcgOf(judged: JudgedQuery): { old: number; new: number } {
  return measure(judged, 'ndcg@10', 'exact');
}

/** The mean share of the first ten documents that somebody judged, exact. */
export function judgedShare(judged: readonly JudgedQuery[]): { old: number; new: number } {
  return bothSides((side) => mean(judged.map(({ query, judgements }) => judgedAt(gateDepth, documentsOf(query.exact[side]), judgements))));
}

function measure({ query, judgements }: JudgedQuery, metric: MetricName, mode: SearchMode): { old: number; new: number } {
  return bothSides((side) => metrics[metric](gateDepth, documentsOf(query[mode][side]), judgements));
}

const shownQueries = 10;
/** An afternoon of judging. */
const queriesToJudge = 30;

/** Both exact result lists of a query, as the report shows them. */
export function comparedQuery(query: SearchedQuery, judged: JudgedQuery | undefined): ComparedQuery {
  const { old, new: fresh } = query.exact;
  const judgements = judged?.judgements ?? new Map();
  return {
    id: query.id,
    text: query.text,
    ndcg: judged === undefined ? null : ndcgOf(judged),
    overlap: overlapByScore(gateDepth, old.hits, fresh.hits),
    rbo: rankBiasedOverlap(gateDepth, documentsOf(old), documentsOf(fresh)),
    old: shownHits(old, judgements),
    new: shownHits(fresh, judgements),
  };
}

function shownHits({ hits }: SearchAnswer, judgements: Judgements): ShownHit[] {
  return hits
    .filter((hit, index) => hits.findIndex(({ document }) => document === hit.document) === index)
    .slice(0, gateDepth)
    .map(({ id, document, score, text }) => ({ id, document, score, text, relevance: judgements.get(document) ?? null }));
}

/** The queries that lost and won most nDCG@10, and those whose results changed most, which count as losers where none is judged. */
export function mostChanged(compared: readonly ComparedQuery[]): Pick<QualityGate, 'lost' | 'won' | 'changed'> {
  const judged = compared.filter(({ ndcg }) => ndcg !== null);
  const changed = first(queriesToJudge, compared, ({ rbo }) => rbo - 1);
  if (judged.length === 0) return { lost: changed.slice(0, shownQueries), won: [], changed };
  return { lost: first(shownQueries, judged, gainOf), won: first(shownQueries, judged, (query) => -gainOf(query)), changed };
}

/** New - old nDCG@10; 0 without judgements. */
export function gainOf({ ndcg }: ComparedQuery): number {
  return ndcg === null ? 0 : ndcg.new - ndcg.old;
}

/** Those below zero, the lowest first. */
function first(count: number, queries: readonly ComparedQuery[], order: (query: ComparedQuery) => number): ComparedQuery[] {
  return queries
    .filter((query) => order(query) < 0)
    .sort((a, b) => order(a) - order(b))
    .slice(0, count);
}
