import type { QualitySlice, Verdict } from '@reembed/contracts';
import { clustersOf, type JudgedQuery, ndcgByMode } from './judged-queries.ts';
import { fewestQueries, sliceVerdict, worseVerdict } from './quality-verdict.ts';
import type { Judgements } from './ranking-metrics.ts';
import type { SearchedQuery } from './searched-query.ts';
import { independentOf } from './statistics.ts';

/** Of one field so many values that are too small to be judged are named. */
const mostNamed = 20;

/** The labelled queries of one field that share a value; null: those of all values with too few queries of their own. */
type Group = { readonly field: string; readonly value: string | null; readonly queries: readonly JudgedQuery[] };

/**
 * nDCG@10 within each slice: every value of each field that has 50 independent labelled queries, and together those that have not. All that
 * are judged share one error of 5 %, each with an interval of 1 - 0.05 / slices (Bonferroni): of twenty slices one always looks bad by chance.
 * A query without the field is in none of its slices.
 */
export function compareSlices(fields: readonly string[], judged: readonly JudgedQuery[], minNdcgDelta: number): QualitySlice[] {
  const groups = fields.flatMap((field) => groupsOf(field, judged));
  const slices = groups.filter(isJudged).length;
  const level = 1 - 0.05 / Math.max(1, slices);
  return groups.map((group) => compareSlice(group, level, minNdcgDelta));
}

/** The worst of the slices that are judged: where none is, none stands in the way. */
export function slicesVerdict(slices: readonly QualitySlice[]): Verdict {
  return slices
    .map(({ verdict }) => verdict)
    .filter((verdict) => verdict !== 'not-measured')
    .reduce(worseVerdict, 'pass');
}

function groupsOf(field: string, judged: readonly JudgedQuery[]): Group[] {
  const byValue = Map.groupBy(judged, ({ query, judgements }) => sliceOf(field, query, judgements));
  byValue.delete(undefined);
  const groups = [...byValue]
    .map(([value = null, queries]): Group => ({ field, value, queries }))
    .sort((a, b) => b.queries.length - a.queries.length || String(a.value).localeCompare(String(b.value)));
  const own = groups.filter(isJudged);
  const small = groups.filter((group) => !own.includes(group));
  const together: Group = { field, value: null, queries: small.flatMap(({ queries }) => queries) };
  return [...own, ...(small.length > 1 ? [together] : []), ...small.slice(0, mostNamed)];
}

/** What the query says of itself; else what all relevant documents that either side found say, if they agree. Undefined: nobody knows. */
function sliceOf(field: string, { slices, exact, indexed }: SearchedQuery, judgements: Judgements): string | undefined {
  const own = slices?.[field];
  if (own !== undefined) return own;
  const hits = [exact.old, indexed.old, exact.new, indexed.new].flatMap((answer) => answer.hits);
  const values = hits.flatMap((hit) => ((judgements.get(hit.document) ?? 0) > 0 ? (hit.slices?.[field] ?? []) : []));
  const [value, ...others] = new Set(values);
  return others.length === 0 ? value : undefined;
}

function isJudged({ queries }: Group): boolean {
  return independentOf(clustersOf(queries)) >= fewestQueries;
}

function compareSlice({ field, value, queries }: Group, level: number, minNdcgDelta: number): QualitySlice {
  const clusters = clustersOf(queries);
  const independent = independentOf(clusters);
  const shared = { field, value, queries: queries.length, independent, level };
  const rows = ndcgByMode(queries, clusters, level).map((row) => ({
    ...shared,
    verdict: sliceVerdict(row, minNdcgDelta, independent),
    ...row,
  }));
  return rows.reduce((a, b) => (worseVerdict(a.verdict, b.verdict) === a.verdict ? a : b));
}
