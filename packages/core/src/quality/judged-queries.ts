import type { MetricName, MetricRow, Qrel, SearchMode } from '@reembed/contracts';
import { bootstrapMeans } from './bootstrap.ts';
import { mean } from './quantile.ts';
import { type Judgements, judgedAt, judgementsByQuery, ndcgAt, recallAt, reciprocalRankAt } from './ranking-metrics.ts';
import { bothSides, documentsOf, gateDepth, type SearchedQuery } from './searched-query.ts';

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

/** Every metric, exact and then indexed, with the interval of its difference. */
export function metricRows(judged: readonly JudgedQuery[]): MetricRow[] {
  if (judged.length === 0) return [];
  const rows = modes.flatMap((mode) =>
    metricNames.map((metric) => ({ metric, mode, measured: judged.map((one) => measure(one, metric, mode)) })),
  );
  const intervals = bootstrapMeans(rows.map(({ measured }) => measured.map((sides) => sides.new - sides.old)));
  return intervals.map((interval, at) => {
    const { metric, mode, measured } = rows[at] as (typeof rows)[number];
    return { metric, mode, ...bothSides((side) => mean(measured.map((sides) => sides[side]))), ...interval };
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
