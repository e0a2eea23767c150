import type { SearchSystem } from '@reembed/contracts';
import { clustersOf, type JudgedQuery } from './judged-queries.ts';
import { ndcgAt, overlapAt, recallAt, reciprocalRankAt } from './ranking-metrics.ts';
import { documentsOf, gateDepth, type SearchAnswer, type SearchedQuery } from './searched-query.ts';
import { bootstrapMeans, type Interval, mean } from './statistics.ts';

/** One way to ask the target. `answers`: by the query's id, exact. */
export type SearchedSystem = Pick<SearchSystem, 'name' | 'role' | 'asked'> & { readonly answers: ReadonlyMap<string, SearchAnswer> };

/** Each way to ask the target over the same queries: dense, sparse and fused. The queries are those that all of them answered. */
export function compareSystems(
  systems: readonly SearchedSystem[],
  queries: readonly SearchedQuery[],
  judged: readonly JudgedQuery[],
): SearchSystem[] {
  const whole = systems.find(({ role }) => role === 'whole');
  if (whole === undefined) return [];
  const asked = systems.find((system) => system.asked) ?? whole;
  const [wholeGains, askedGains] = [gainsOf(systems, whole, judged), gainsOf(systems, asked, judged)];
  return systems.map((system, at) => ({
    name: system.name,
    role: system.role,
    asked: system.asked,
    metrics: judged.length === 0 ? null : metricsOf(system, judged),
    wholeGains: system === whole ? null : (wholeGains[at] ?? null),
    askedGains: system === asked || askedGains[at] === undefined ? null : turned(askedGains[at]),
    overlap: mean(queries.map(({ id }) => overlapAt(gateDepth, found(whole, id), found(system, id)))),
    empty: queries.filter(({ id }) => found(system, id).length === 0).length,
  }));
}

/** The same difference seen from the other side. */
function turned({ difference, lower, upper }: Interval): Interval {
  return { difference: -difference, lower: -upper, upper: -lower };
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

/** For every system the nDCG@10 of `one` less its own, paired by query. */
function gainsOf(systems: readonly SearchedSystem[], one: SearchedSystem, judged: readonly JudgedQuery[]): Interval[] {
  if (judged.length === 0) return [];
  const ndcg = (system: SearchedSystem, { query, judgements }: JudgedQuery) => ndcgAt(gateDepth, found(system, query.id), judgements);
  const differences = systems.map((system) => judged.map((query) => ndcg(one, query) - ndcg(system, query)));
  return bootstrapMeans(differences, clustersOf(judged));
}
