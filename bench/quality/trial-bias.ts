import type { LabelledQuery, PointId, Qrel } from '@reembed/contracts';
import {
  compareTrial,
  createSeededRandom,
  drawTrial,
  type Judgements,
  judgementsByQuery,
  judgeTrial,
  mean,
  ndcgAt,
  type SearchAnswer,
} from '@reembed/core';
import type { DrawnSet } from './drawn-sets.ts';
import { eachRow } from './embed-set.ts';
import { dot } from './rank.ts';

/** A labelled query with all documents as both models rank them, by their places in the corpus. */
type Ranked = {
  readonly query: LabelledQuery;
  readonly old: readonly number[];
  readonly fresh: readonly number[];
  readonly judgements: Judgements;
};
export type WholeSet = { readonly documents: readonly string[]; readonly ranked: readonly Ranked[]; readonly qrels: readonly Qrel[] };

/** Differences of nDCG@10, new - old. `full`: of the same queries over the whole collection. */
export type TrialOfOne = {
  readonly full: number;
  readonly whole: number;
  readonly fair: number;
  /** Over the relevant documents and points by chance, as many. */
  readonly byChance: number;
  readonly verdict: string;
};

/** What `run-trial.ts` does. */
const neighbours = 50;
const mostQueries = 500;

export function rankWhole({ set, old, fresh }: DrawnSet): WholeSet {
  const judgements = judgementsByQuery(set.qrels);
  const [before, after] = [eachRow(old.queries), eachRow(fresh.queries)];
  const [oldRows, freshRows] = [eachRow(old.corpus), eachRow(fresh.corpus)];
  const order = (rows: readonly Float32Array[], query: Float32Array | undefined) => {
    const scores = Float64Array.from(rows, (row) => (query === undefined ? 0 : dot(row, query)));
    return [...scores.keys()].sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
  };
  const ranked = set.queries.flatMap((query, at) => {
    const own = judgements.get(query.id) ?? new Map();
    if (![...own.values()].some((relevance) => relevance > 0)) return [];
    return [{ query, old: order(oldRows, before[at]), fresh: order(freshRows, after[at]), judgements: own }];
  });
  return { documents: set.corpus.map(({ id }) => id), ranked, qrels: set.qrels };
}

/** The share of a sample that relevant documents may take, as `trial-queries.ts` has it. */
export const mostRelevant = 0.5;

/**
 * One trial of `most` points: sample, comparison and verdict are the product's, searches are exact. `share`: as `mostRelevant`; with a smaller one
 * fewer queries are asked, and what the old model finds has room beside their documents, as in a large collection.
 */
export function tryOnce(set: WholeSet, most: number, seed: number, share = mostRelevant): TrialOfOne {
  const random = createSeededRandom(seed);
  const places = new Map(set.documents.map((document, at) => [document, at]));
  const asked = askable(shuffled(set.ranked, random), places, most * share);
  const relevant = [...new Set(asked.flatMap(({ judgements }) => relevantOf(judgements, places)))];
  const order = shuffled([...set.documents.keys()], random);
  const draw = drawTrial({
    most,
    relevant: relevant.map(pointOf),
    neighbours: new Map(asked.map(({ query, old }) => [query.id, old.slice(0, neighbours).map(pointOf)])),
    random: order.slice(0, most).map(pointOf),
  });
  const sampled = new Set(draw.ids.map(({ id }) => Number(id)));
  const answers = (side: 'old' | 'fresh') =>
    new Map(
      asked.map((one) => {
        const answer = answerOf(
          one[side].filter((at) => sampled.has(at)),
          set.documents,
        );
        return [one.query.id, { exact: answer, indexed: answer }] as const;
      }),
    );
  const ids = new Set(asked.map(({ query }) => query.id));
  const { whole, fair } = compareTrial(
    {
      queries: asked.map(({ query: { id, text } }) => ({ id, text: `${id} ${text}`, queries: {} })),
      ...{ old: answers('old'), fresh: answers('fresh') },
      qrels: set.qrels.filter(({ query, document }) => ids.has(query) && places.has(document)),
      unseen: { size: 0, has: () => false, add: () => undefined },
      ...{ slices: [], slicesOf: { get: () => undefined, values: () => [] } },
    },
    draw,
  );
  const rest = {
    basis: 'labels',
    ...{ slices: [], queries: asked.length, relevant: relevant.length },
    ...{ missing: 0, withoutVector: 0, refused: [], points: sampled.size },
  } as const;
  const judged = judgeTrial({ whole, fair, ...rest });
  const chance = new Set([...relevant, ...order].slice(0, most));
  return {
    full: differenceOf(asked, set, () => true),
    whole: judged.ndcg.difference,
    fair: judged.fairNdcg.difference,
    byChance: differenceOf(asked, set, (at) => chance.has(at)),
    verdict: judged.verdict,
  };
}

/** As many queries as have their documents among so many points. */
function askable(queries: readonly Ranked[], places: ReadonlyMap<string, number>, most: number): Ranked[] {
  const held = new Set<number>();
  const asked: Ranked[] = [];
  for (const one of queries) {
    const own = relevantOf(one.judgements, places);
    const added = own.filter((at) => !held.has(at));
    if (own.length === 0 || asked.length >= mostQueries || held.size + added.length > most) continue;
    for (const at of added) held.add(at);
    asked.push(one);
  }
  return asked;
}

function relevantOf(judgements: Judgements, places: ReadonlyMap<string, number>): number[] {
  return [...judgements].flatMap(([document, relevance]) => (relevance > 0 ? (places.get(document) ?? []) : []));
}

function differenceOf(asked: readonly Ranked[], { documents }: WholeSet, isThere: (at: number) => boolean): number {
  const ndcg = (ranking: readonly number[], judgements: Judgements) => {
    const found = ranking.filter(isThere).slice(0, 10);
    return ndcgAt(
      10,
      found.map((at) => documents[at] ?? ''),
      judgements,
    );
  };
  return mean(asked.map(({ old, fresh, judgements }) => ndcg(fresh, judgements) - ndcg(old, judgements)));
}

function answerOf(ranking: readonly number[], documents: readonly string[]): SearchAnswer {
  return { tookMs: 0, hits: ranking.map((at, place) => ({ id: pointOf(at), document: documents[at] ?? '', score: -place, text: '' })) };
}

function pointOf(at: number): PointId {
  return { kind: 'integer', id: String(at) };
}

function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  return items
    .map((item) => ({ item, order: random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}
