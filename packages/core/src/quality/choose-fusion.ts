import type { FusionChoice, FusionWay, SearchProfile } from '@reembed/contracts';
import { type Fusion, fuseLists } from './fuse-lists.ts';
import { clustersOf, type JudgedQuery } from './judged-queries.ts';
import { fewestQueries } from './quality-verdict.ts';
import { ndcgAt } from './ranking-metrics.ts';
import { gateDepth, type SearchAnswer, type SearchHit } from './searched-query.ts';
import { bootstrapMeans, independentOf, mean } from './statistics.ts';

/** A candidate list alone, with what it found for every query, by the query's id. */
export type CandidateList = { readonly name: string; readonly profile: SearchProfile; readonly answers: ReadonlyMap<string, SearchAnswer> };

export type FusionMeasurement = {
  readonly basis: FusionChoice['basis'];
  /** In the order of `fused.prefetch`. */
  readonly lists: readonly CandidateList[];
  /** The profile with the lists, and what applications ask. */
  readonly fused: SearchProfile;
  readonly asked: SearchProfile;
  /** Whether the server knows weights: 1.17 and later. */
  readonly canWeigh: boolean;
  readonly judged: readonly JudgedQuery[];
};

type Way = Pick<FusionWay, 'name'> & {
  readonly search: SearchProfile;
  readonly rank: (lists: readonly (readonly SearchHit[])[]) => readonly SearchHit[];
};

/** Tried values of k, and how much more one list counts than the others. */
const ks = [2, 10, 60];
const factors = [2, 3, 5, 10];
const folds = 5;

/**
 * Which way of asking finds most: each list alone, fused by reciprocal rank with several k and weights, or by the distribution of scores. All are
 * made here from the same lists, so nothing is searched twice. Null where nothing is judged, or no way is what applications ask.
 */
export function chooseFusion(measurement: FusionMeasurement): FusionChoice | null {
  const { judged, lists, fused, asked, basis } = measurement;
  const ways = waysToAsk(measurement);
  const askedAt = ways.findIndex(({ search }) => isSameSearch(search, asked));
  if (judged.length === 0 || askedAt === -1) return null;
  const scores = scoresOf(ways, lists, fused, judged);
  const clusters = clustersOf(judged);
  const bestAt = bestOf(scores, judged.keys());
  const less = (at: number) => (scores[at] ?? []).map((score, query) => score - (scores[askedAt]?.[query] ?? 0));
  const chosen = chosenByOthers(scores, clusters.of).map((at, query) => less(at)[query] ?? 0);
  const shown = shownWays(ways, askedAt, bestAt);
  const [heldOut = { difference: 0, lower: 0, upper: 0 }, ...gains] = bootstrapMeans([chosen, ...shown.map(less)], clusters);
  const independent = independentOf(clusters);
  const enough = basis === 'labels' && independent >= fewestQueries;
  return {
    ...{ basis, queries: judged.length, independent, tried: ways.length },
    ways: shown.map((at, place) => ({
      ...written(ways[at] as Way),
      ndcg: mean(scores[at] ?? []),
      gains: at === askedAt ? null : (gains[place] ?? null),
    })),
    ...{ asked: ways[askedAt]?.name ?? '', best: ways[bestAt]?.name ?? '', heldOut },
    advised: enough && bestAt !== askedAt && heldOut.lower > 0,
  };
}

/** The simplest first: of ways that find the same the first is taken. */
function waysToAsk({ lists, fused, asked, canWeigh }: FusionMeasurement): Way[] {
  const alone = lists.map(
    ({ name, profile }, list): Way => ({ name, search: { ...profile, limit: fused.limit }, rank: (found) => found[list] ?? [] }),
  );
  const fuse = (fusion: Fusion, search: SearchProfile): Way => ({
    name: fusionName(search),
    search,
    rank: (found) => fuseLists(found, fusion),
  });
  const { rrf: _, ...plain } = fused;
  const byRank = rrfGrid(lists.length, canWeigh).map((rrf) => {
    const isServers = rrf.k === 2 && rrf.weights === null;
    return fuse({ rrf }, { ...plain, fusion: 'rrf', ...(isServers ? {} : { rrf }) });
  });
  const own = asked.rrf === undefined ? [] : [fuse({ rrf: asked.rrf }, asked)];
  const byScore = lists.every(fallsInScore) ? [fuse('dbsf', { ...plain, fusion: 'dbsf' })] : [];
  const all = [...alone, ...byRank, ...byScore, ...own];
  return all.filter(({ search }, at) => at === all.findIndex((other) => isSameSearch(other.search, search)));
}

function rrfGrid(lists: number, canWeigh: boolean) {
  const alike = ks.map((k) => ({ k, weights: null }));
  if (!canWeigh) return alike;
  const weighed = Array.from({ length: lists }, (_, heavy) =>
    factors.map((factor) => Array.from({ length: lists }, (_, list) => (list === heavy ? factor : 1))),
  );
  return [...alike, ...weighed.flat().flatMap((weights) => ks.map((k) => ({ k, weights })))];
}

/** Where a smaller score is nearer, spreading scores over their mean would put the farthest first. */
function fallsInScore({ answers }: CandidateList): boolean {
  return [...answers.values()].every(({ hits }) => (hits[0]?.score ?? 0) >= (hits.at(-1)?.score ?? 0));
}

function isSameSearch(one: SearchProfile, other: SearchProfile): boolean {
  const key = ({ using, prefetch, fusion, rrf = { k: 2, weights: null }, filter }: SearchProfile) =>
    JSON.stringify(fusion === null ? [using, prefetch, filter] : [prefetch, fusion, fusion === 'rrf' ? rrf : null, filter]);
  return key(one) === key(other);
}

/** Which place, list and query: nDCG@10 of every way over every query. */
function scoresOf(ways: readonly Way[], lists: readonly CandidateList[], { prefetch }: SearchProfile, judged: readonly JudgedQuery[]) {
  const found = judged.map(({ query }) =>
    lists.map(({ answers }, at) => (answers.get(query.id)?.hits ?? []).slice(0, prefetch[at]?.limit)),
  );
  return ways.map(({ rank }) =>
    judged.map(({ judgements }, at) =>
      ndcgAt(
        gateDepth,
        rank(found[at] ?? []).map(({ document }) => document),
        judgements,
      ),
    ),
  );
}

function bestOf(scores: readonly (readonly number[])[], queries: Iterable<number>): number {
  const over = [...queries];
  const sums = scores.map((of) => over.reduce((sum, query) => sum + (of[query] ?? 0), 0));
  // A sum that is higher by rounding alone is not.
  return sums.reduce((best, sum, at) => (sum > (sums[best] ?? 0) + 1e-9 ? at : best), 0);
}

/** For each query the way that finds most for the queries of the other folds. Queries of one cluster are in one fold. */
function chosenByOthers(scores: readonly (readonly number[])[], clusters: readonly number[]): number[] {
  const foldOf = clusters.map((cluster) => cluster % folds);
  const choices = Array.from({ length: folds }, (_, fold) =>
    bestOf(
      scores,
      [...foldOf.keys()].filter((query) => foldOf[query] !== fold),
    ),
  );
  return foldOf.map((fold) => choices[fold] ?? 0);
}

function shownWays(ways: readonly Way[], askedAt: number, bestAt: number): number[] {
  const isPlain = ({ search }: Way) => search.rrf === undefined;
  return [...ways.keys()].filter((at) => at === askedAt || at === bestAt || isPlain(ways[at] as Way));
}

function written({ name, search }: Way): Pick<FusionWay, 'name' | 'search'> {
  const { using, prefetch, fusion, rrf, limit, filter } = search;
  const lists = prefetch.map((list) => ({
    using: list.using,
    limit: list.limit,
    ...(list.filter === null ? {} : { filter: list.filter }),
  }));
  const how = fusion === null ? { using } : { prefetch: lists, fusion, ...(rrf === undefined ? {} : { rrf: inShort(rrf) }) };
  return { name, search: { ...how, limit, ...(filter === null ? {} : { filter }) } };
}

function inShort({ k, weights }: NonNullable<SearchProfile['rrf']>) {
  return weights === null ? { k } : { k, weights };
}

/** `rrf, k 60, weights 3 : 1`; as the server does by itself: `rrf`. */
export function fusionName({ fusion, rrf }: Pick<SearchProfile, 'fusion' | 'rrf'>): string {
  if (rrf === undefined) return String(fusion);
  return `${fusion}, k ${rrf.k}${rrf.weights === null ? '' : `, weights ${rrf.weights.join(' : ')}`}`;
}
