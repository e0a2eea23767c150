import { createSeededRandom, type SearchAnswer } from '@reembed/core';
import { applyMap, beginFit, type FitName, type Fitted, openLinearAlgebra } from '@reembed/learned-maps';
import type { DataSet } from './data-set.ts';
import type { EmbeddedSet, Vectors } from './embed-set.ts';
import { rankByVectors } from './rank.ts';

/**
 * A set is dealt into so many parts. Each is searched alone, its documents mapped by a fit to documents of the others: no document is mapped
 * by a fit that has seen it, and no list holds documents of two maps, whose scores would not compare.
 */
const parts = 5;
const pairsAPage = 256;

/**
 * What is found in the parts with old, mapped and new vectors. `set` holds every query once a part that has a judged document for it. `asked
 * by the old model`: its queries, through the map that the documents went through. `kept`: the fit that `reembed adapter fit` keeps.
 */
export type MappedSearches = {
  readonly set: DataSet;
  readonly found: ReadonlyMap<'old' | FitName | 'kept' | 'asked by the old model' | 'new', readonly SearchAnswer[]>;
  /** Parts in which each fit was kept. */
  readonly kept: Readonly<Record<FitName, number>>;
  /** Parts in which the fit that is kept is said to do harm. */
  readonly harmful: number;
};

/** The largest sample that every part can be mapped by. */
export function mostPairs({ corpus }: DataSet): number {
  return corpus.length - Math.ceil(corpus.length / parts);
}

/** Searches documents that were mapped from one model's space into another's, by maps learnt from `sample` pairs, a fifth of which are held out. */
export async function searchMapped(set: DataSet, old: EmbeddedSet, fresh: EmbeddedSet, sample: number): Promise<MappedSearches> {
  const algebra = await openLinearAlgebra();
  const order = shuffled(set.corpus.length);
  const searches = Array.from({ length: parts }, (_, part) => {
    const places = order.filter((_, at) => at % parts === part);
    const others = order.filter((_, at) => at % parts !== part);
    const fitted = fit(algebra, { from: old.corpus, to: fresh.corpus }, others.slice(0, sample));
    const keptOverlap = mapOf(fitted, fitted.kept).scores.overlapAt10;
    return {
      kept: fitted.kept,
      harmful: keptOverlap <= fitted.oldOverlapAt10,
      ...searchPart(algebra, partOf(set, part, places), { old, fresh, fitted }),
    };
  });
  const keptBy = (fit: FitName) => searches.filter(({ kept }) => kept === fit).length;
  const names = [...(searches[0]?.found.keys() ?? [])];
  return {
    set: { ...set, queries: searches.flatMap((one) => one.set.queries), qrels: searches.flatMap((one) => one.set.qrels) },
    found: new Map(names.map((name) => [name, searches.flatMap(({ found }) => found.get(name) ?? [])])),
    kept: { ridge: keptBy('ridge'), procrustes: keptBy('procrustes'), kernel: keptBy('kernel') },
    harmful: searches.filter(({ harmful }) => harmful).length,
  };
}

/**
 * The other half of a set, dealt into so many collections, each searched alone; all by one map that was learnt from `pairs` of the first half. So the
 * same map is seen over smaller and larger collections. `documents`: of one of them.
 */
export async function searchBySize(
  set: DataSet,
  old: EmbeddedSet,
  fresh: EmbeddedSet,
  { pairs, parts: count }: { readonly pairs: number; readonly parts: number },
): Promise<MappedSearches & { readonly documents: number }> {
  const algebra = await openLinearAlgebra();
  const order = shuffled(set.corpus.length);
  const half = Math.floor(order.length / 2);
  const fitted = fit(algebra, { from: old.corpus, to: fresh.corpus }, order.slice(0, Math.min(half, pairs)));
  const unseen = order.slice(half);
  const searches = Array.from({ length: count }, (_, part) => {
    const places = unseen.filter((_, at) => at % count === part);
    return searchPart(algebra, partOf(set, part, places), { old, fresh, fitted });
  });
  const names = [...(searches[0]?.found.keys() ?? [])];
  return {
    set: { ...set, queries: searches.flatMap((one) => one.set.queries), qrels: searches.flatMap((one) => one.set.qrels) },
    found: new Map(names.map((name) => [name, searches.flatMap(({ found }) => found.get(name) ?? [])])),
    kept: { ridge: 0, procrustes: 0, kernel: 0, [fitted.kept]: count },
    harmful: 0,
    documents: Math.round(unseen.length / count),
  };
}

/** Documents of a set by their place, and the queries, by theirs, that they have an answer to. */
type Part = { readonly set: DataSet; readonly documents: readonly number[]; readonly queries: readonly number[] };

function partOf(set: DataSet, part: number, documents: readonly number[]): Part {
  const corpus = documents.flatMap((place) => set.corpus[place] ?? []);
  const there = new Set(corpus.map(({ id }) => id));
  const qrels = set.qrels.filter(({ document }) => there.has(document));
  const answered = new Set(qrels.filter(({ relevance }) => relevance > 0).map(({ query }) => query));
  const queries = set.queries.flatMap(({ id }, at) => (answered.has(id) ? [at] : []));
  const named = (id: string) => `${id} in part ${part + 1}`;
  const asked = queries.flatMap((at) => set.queries[at] ?? []).map((query) => ({ ...query, id: named(query.id) }));
  return {
    documents,
    queries,
    set: { ...set, corpus, queries: asked, qrels: qrels.map((qrel) => ({ ...qrel, query: named(qrel.query) })) },
  };
}

type Algebra = Awaited<ReturnType<typeof openLinearAlgebra>>;
type Models = { readonly old: EmbeddedSet; readonly fresh: EmbeddedSet; readonly fitted: Fitted };

function searchPart(
  algebra: Algebra,
  { set, documents, queries }: Part,
  { old, fresh, fitted }: Models,
): Pick<MappedSearches, 'set' | 'found'> {
  const partly = (model: EmbeddedSet) => ({ corpus: pick(model.corpus, documents), queries: pick(model.queries, queries) });
  const [before, after] = [partly(old), partly(fresh)];
  const through = ({ map }: Fitted['procrustes'], { rows }: Vectors) => ({ rows: applyMap(algebra, map, rows), dimensions: map.to });
  const search = (corpus: Vectors, asked: Vectors) => rankByVectors(set, { corpus, queries: asked });
  const by = (name: FitName) => through(mapOf(fitted, name), before.corpus);
  const mapped = { ridge: by('ridge'), procrustes: by('procrustes'), kernel: by('kernel') };
  const kept = mapped[fitted.kept];
  return {
    set,
    found: new Map([
      ['old', search(before.corpus, before.queries)],
      ['ridge', search(mapped.ridge, after.queries)],
      ['procrustes', search(mapped.procrustes, after.queries)],
      ['kernel', search(mapped.kernel, after.queries)],
      ['kept', search(kept, after.queries)],
      ['asked by the old model', search(kept, through(mapOf(fitted, fitted.kept), before.queries))],
      ['new', search(after.corpus, after.queries)],
    ]),
  };
}

/** Where the pairs are too few for a kernel, ridge stands in its column. */
function mapOf(fitted: Fitted, name: FitName): Fitted['procrustes'] {
  return name === 'kernel' ? (fitted.kernel ?? fitted.ridge) : fitted[name];
}

function fit(algebra: Algebra, { from, to }: { from: Vectors; to: Vectors }, sampled: readonly number[]): Fitted {
  const begun = beginFit(algebra, { from: from.dimensions, to: to.dimensions }, Math.floor(sampled.length / 5));
  for (let start = 0; start < sampled.length; start += pairsAPage) {
    const page = sampled.slice(start, start + pairsAPage);
    begun.add({ from: pick(from, page).rows, to: pick(to, page).rows });
  }
  return begun.finish();
}

function pick({ rows, dimensions }: Vectors, places: readonly number[]): Vectors {
  const picked = new Float32Array(places.length * dimensions);
  for (const [at, place] of places.entries()) picked.set(rows.subarray(place * dimensions, (place + 1) * dimensions), at * dimensions);
  return { rows: picked, dimensions };
}

/** The same order each time. */
function shuffled(count: number): number[] {
  const random = createSeededRandom(1);
  return Array.from({ length: count }, (_, at) => ({ at, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ at }) => at);
}
