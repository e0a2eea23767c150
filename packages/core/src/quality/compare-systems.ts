import type { SearchSystem } from '@reembed/contracts';
import { clustersOf, type JudgedQuery } from './judged-queries.ts';
import { ndcgAt, overlapAt, recallAt, reciprocalRankAt } from './ranking-metrics.ts';
import { documentsOf, gateDepth, type SearchAnswer, type SearchedQuery } from './searched-query.ts';
import { bootstrapMeans, mean } from './statistics.ts';

/** One way to ask the target. `answers`: by the query's id, exact. */
export type SearchedSystem = Pick<SearchSystem, 'name' | 'role' | 'asked'> & { readonly answers: ReadonlyMap<string, SearchAnswer> };

/** Each way to ask the target over the same queries: dense, sparse and fused. The queries are those that all of them answered. */
export function compareSystems(
  systems: readonly SearchedSystem[],
  asked: readonly SearchedQuery[],
  judged: readonly JudgedQuery[],
): SearchSystem[] {
  const whole = systems.find(({ role }) => role === 'whole');
  if (whole === undefined) return [];
  const gains = gainsOver(systems, whole, judged);
  return systems.map((system, at) => ({
    name: system.name,
    role: system.role,
    asked: system.asked,
    metrics: judged.length === 0 ? null : metricsOf(system, judged),
    wholeGains: system === whole ? null : (gains[at] ?? null),
    overlap: mean(asked.map(({ id }) => overlapAt(gateDepth, found(whole, id), found(system, id)))),
    empty: asked.filter(({ id }) => found(system, id).length === 0).length,
  }));
}

function found({ answers }: SearchedSystem, query: string): string[] {
  const answer = answers.get(query);
  return answer === undefined ? [] : documentsOf(answer);
}

function metricsOf(system: SearchedSystem, judged: readonly JudgedQuery[]): NonNullable<SearchSystem['metrics']> {
  const over = (metric: typeof ndcgAt) =>
    mean(judged.map(({ query, judgements }) => metric(gateDepth, found(system, query.id), judgements)));
  return { ndcg: over(ndcgAt), recall: over(recallAt), mrr: over(reciprocalRankAt) };
}

/** For every system the nDCG@10 of the whole less its own, paired by query. */
function gainsOver(systems: readonly SearchedSystem[], whole: SearchedSystem, judged: readonly JudgedQuery[]) {
  if (judged.length === 0) return [];
  const ndcg = (system: SearchedSystem, { query, judgements }: JudgedQuery) => ndcgAt(gateDepth, found(system, query.id), judgements);
  return bootstrapMeans(
    systems.map((system) => judged.map((one) => ndcg(whole, one) - ndcg(system, one))),
    clustersOf(judged),
  );
}
