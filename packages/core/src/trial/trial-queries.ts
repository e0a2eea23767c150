import type { LabelledQuery, PointId, Qrel, Spec, TrialBody } from '@reembed/contracts';
import { ReembedError } from '../domain/error.ts';
import { type PointText, parsePointId, pointIdToJson } from '../domain/point.ts';
import { byId } from '../domain/point-id-set.ts';
import { bothFilters, sourceFilter } from '../domain/source-points.ts';
import { documentOf } from '../gates/draw-points.ts';
import { byPointId } from '../gates/judged-documents.ts';
import { type Page, type Points, retrieveAll } from '../ports/collections.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { chooseKnownItems, knownItemId } from '../quality/known-items.ts';
import { createSeededRandom } from '../quality/statistics.ts';
import { withTextsOnce } from '../recipes/point-texts.ts';
import { ownMarked, type TrialRecord } from './trial-store.ts';

/** Queries of a trial: each is several searches for every candidate. */
export const mostQueries = 500;

export type TrialQueries = {
  readonly basis: 'labels' | 'known-items';
  readonly given: number;
  readonly queries: readonly LabelledQuery[];
  /** Of documents that the source has. */
  readonly qrels: readonly Qrel[];
  /** The points of every relevant document. */
  readonly relevant: readonly PointText[];
  readonly relevantDocuments: number;
  readonly missing: number;
};

type Reading = { readonly points: Pick<Points, 'retrieve' | 'scroll'>; readonly source: string; readonly spec: Spec };

/** The queries at hand, else known items. Throws `invalid-spec` where there is neither. */
export function trialQueries(
  deps: Deps,
  record: Pick<TrialRecord, 'source' | 'spec' | 'resolved'>,
  { specs, points }: TrialBody,
): Promise<TrialQueries> {
  const gates = specs[0]?.gates;
  const source = record.source.name;
  if (gates !== undefined && gates.qrels.length > 0)
    return labelledQueries({ points: deps.points, source, spec: { ...record.spec, gates } }, points);
  if (gates !== undefined && gates.knownItems !== null) return knownItems(deps, record, gates.knownItems, Math.floor(points / 2));
  throw new ReembedError(
    'invalid-spec',
    'gates: a trial wants queries with judgements (gates.queries and gates.qrels), or gates.knownItems, such as { text: "{{title}}" }, which makes queries of documents',
  );
}

type Deps = Pick<CoordinatorDeps, 'collections' | 'points' | 'textSources'>;

/** Queries made of points: those of an earlier run of the trial first, because other queries have other neighbours, which would be paid for too. */
async function knownItems(
  deps: Deps,
  { spec, resolved, source }: Pick<TrialRecord, 'source' | 'spec' | 'resolved'>,
  { text, points }: NonNullable<Spec['gates']['knownItems']>,
  most: number,
): Promise<TrialQueries> {
  const { documentField } = spec.gates;
  const wanted = Math.min(points, mostQueries, most);
  const before = await ownMarked(deps, spec.target.collection, 'item');
  const kept = await byIds({ points: deps.points, source: source.name, spec }, before);
  // Twice as many as wanted: some have no text, and some a text that others have too.
  const fresh = kept.length < wanted ? await deps.points.sample(source.name, wanted * 2, { filter: sourceFilter(spec) }) : [];
  const read = byId([...fresh, ...kept]).values();
  const named = (await withTextsOnce(deps.textSources, { spec, resolved }, read)).map((point) => ({
    ...point,
    document: documentOf(point, documentField),
  }));
  const first = new Set(before.map(pointIdToJson));
  const old = chooseKnownItems(
    named.filter(({ id }) => first.has(pointIdToJson(id))),
    text,
    wanted,
  );
  const more = chooseKnownItems(named, text, wanted * 2).filter((item) => !old.some((one) => one.text === item.text));
  // In an order that a later run finds again, so that it draws the same neighbours.
  const items = [...old, ...more].slice(0, wanted).sort((a, b) => (a.text < b.text ? -1 : 1));
  const documents = new Set(items.map(({ document }) => document));
  if (items.length === 0)
    throw new ReembedError(
      'invalid-spec',
      `gates.knownItems.text: no sampled point has a text of its own for ${JSON.stringify(text)}: name a field that tells documents apart`,
    );
  return {
    ...{ basis: 'known-items', given: items.length, missing: 0, relevantDocuments: documents.size },
    queries: items.map((item, at) => ({ id: knownItemId(at), text: item.text })),
    qrels: items.map(({ document }, at) => ({ query: knownItemId(at), document, relevance: 1 })),
    relevant: named.filter(({ document }) => documents.has(document)),
  };
}

/**
 * The labelled queries of the spec with the documents that are relevant for them, as many queries as have their documents among half of `most`
 * points: always the same ones. Throws `invalid-spec` where the source has none of the documents.
 */
async function labelledQueries(reading: Reading, most: number): Promise<TrialQueries> {
  const { queries, qrels: given, documentField } = reading.spec.gates;
  const qrels = documentField === null ? given.map(byPointId) : given;
  const relevantOf = Map.groupBy(
    qrels.filter(({ relevance }) => relevance > 0),
    ({ query }) => query,
  );
  const chosen: LabelledQuery[] = [];
  const documents = new Set<string>();
  for (const query of shuffled(queries.filter(({ id }) => relevantOf.has(id)))) {
    const added = (relevantOf.get(query.id) ?? []).filter(({ document }) => !documents.has(document));
    if (chosen.length >= mostQueries || documents.size + added.length > most / 2) continue;
    for (const { document } of added) documents.add(document);
    chosen.push(query);
  }
  const there = await countPoints(reading, [...documents], most / 2);
  if (there.size === 0)
    throw new ReembedError(
      'invalid-spec',
      `gates.qrels: none of the ${documents.size} documents that it calls relevant is in "${reading.source}"; ` +
        (documentField === null
          ? 'it names points by their ids: where it uses ids of its own, name the payload field that holds them in gates.documentField'
          : `gates.documentField is "${documentField}": name the payload field that holds their ids`),
    );
  const held = new Set<string>();
  let points = 0;
  // A document may have many points: what it adds to the sample is known only now.
  const asked = chosen.filter(({ id }) => {
    const own = (relevantOf.get(id) ?? []).map(({ document }) => document).filter((document) => there.has(document));
    const added = own.filter((document) => !held.has(document));
    const more = added.reduce((sum, document) => sum + (there.get(document) ?? 0), 0);
    if (own.length === 0 || points + more > most / 2) return false;
    for (const document of added) held.add(document);
    points += more;
    return true;
  });
  if (asked.length === 0)
    throw new ReembedError(
      'invalid-spec',
      `gates.qrels: the documents that are relevant for any one query have more points than half of the ${most} that are tried: try more (--points)` +
        (documentField === null ? '' : `, or see that gates.documentField ("${documentField}") names what tells documents apart`),
    );
  const ids = new Set(asked.map(({ id }) => id));
  return {
    basis: 'labels',
    given: queries.length,
    queries: asked,
    qrels: qrels.filter(({ query, document, relevance }) => ids.has(query) && (relevance <= 0 || there.has(document))),
    relevant: await pointsOf(reading, [...held]),
    relevantDocuments: documents.size,
    missing: [...documents].filter((document) => !there.has(document)).length,
  };
}

/** In an order that has nothing to do with theirs, and is always the same. */
export function shuffled<Item>(items: readonly Item[]): Item[] {
  const random = createSeededRandom(1_945);
  return items
    .map((item) => ({ item, order: random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}

const documentsAtOnce = 500;
const pagePoints = 256;

/**
 * How many points each of these documents has, of those that migrate. They are read a page at a time and kept nowhere: a field of few values may
 * stand for millions of points. A document is counted no further than past `most`, which is as many as nobody asks for.
 */
async function countPoints(reading: Reading, documents: readonly string[], most: number): Promise<ReadonlyMap<string, number>> {
  const { points, source, spec } = reading;
  const { documentField } = spec.gates;
  if (documentField === null) {
    const request = { ids: idsOfDocuments(documents), payload: false, vectors: [], filter: sourceFilter(spec) };
    return new Map((await retrieveAll(points, source, request)).map(({ id }) => [id.id, 1]));
  }
  const counts = new Map<string, number>();
  for (let at = 0; at < documents.length; at += documentsAtOnce) {
    const open = new Set(documents.slice(at, at + documentsAtOnce));
    for await (const page of pagesOf(reading, documentField, open))
      for (const document of page.map((point) => documentOf(point, documentField))) {
        const counted = (counts.get(document) ?? 0) + 1;
        if (open.has(document)) counts.set(document, counted);
        if (counted > most) open.delete(document);
      }
  }
  return counts;
}

/** The points that migrate and belong to these documents, without their vectors. */
async function pointsOf(reading: Reading, documents: readonly string[]): Promise<PointText[]> {
  const { documentField } = reading.spec.gates;
  if (documentField === null) return byIds(reading, idsOfDocuments(documents));
  const found: PointText[] = [];
  for (let at = 0; at < documents.length; at += documentsAtOnce) {
    const some = new Set(documents.slice(at, at + documentsAtOnce));
    for await (const page of pagesOf(reading, documentField, some)) found.push(...page);
  }
  return found;
}

function idsOfDocuments(documents: readonly string[]): PointId[] {
  return documents.map(parsePointId).filter((id) => id !== null);
}

export function byIds({ points, source, spec }: Reading, ids: readonly PointId[], vectors: readonly string[] = []): Promise<PointText[]> {
  return retrieveAll(points, source, { ids, payload: true, vectors, filter: sourceFilter(spec) });
}

/** The points of these documents, page by page, as long as any is wanted. Ids may be kept as text or as numbers. */
async function* pagesOf(
  { points, source, spec }: Reading,
  field: string,
  documents: ReadonlySet<string>,
): AsyncGenerator<readonly PointText[]> {
  for (let offset: PointId | null = null; documents.size > 0; ) {
    const texts = [...documents];
    const numbers = texts.filter((document) => /^-?[0-9]{1,15}$/.test(document)).map(Number);
    const matches = [{ key: field, match: { any: texts } }, ...(numbers.length === 0 ? [] : [{ key: field, match: { any: numbers } }])];
    const filter = bothFilters(sourceFilter(spec), { should: matches });
    const page: Page = await points.scroll(source, { offset, limit: pagePoints, payload: true, vectors: [], filter });
    yield page.points;
    if (page.next === null) return;
    offset = page.next;
  }
}
