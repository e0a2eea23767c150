import { type PointId, parsePayloadPath, type SearchProfile, type Spec } from '@reembed/contracts';
import type { Migration } from '../domain/migration.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import type { Hit, QueryText, Searches } from '../ports/searches.ts';
import { gateDepth, type SearchAnswer, type SearchedQuery, type Sides, type SliceValues } from '../quality/searched-query.ts';
import { patiently } from '../recipes/patience.ts';
import { fieldText, payloadKey, renderText, templateFields } from '../recipes/render-text.ts';
import { documentOf } from './draw-points.ts';

/** One collection as applications ask it. */
export type Side = { readonly collection: string; readonly profile: SearchProfile };

/** A query for both sides, by vector name. */
export type PreparedQuery = {
  readonly id: string;
  readonly text: string;
  readonly queries: Sides<Readonly<Record<string, QueryText>>>;
  /** What the query says of itself by the fields of `gates.slices`. */
  readonly slices?: SliceValues | undefined;
  /** The point whose own vectors are asked: that it finds itself says nothing. Null for texts. */
  readonly self: PointId | null;
};

/** How hits are read: what is shown of them, and what judgements call them. */
export type HitReading = { readonly template: string | null; readonly documentField: string | null; readonly slices: readonly string[] };

/** As much as one judges a result by. */
const shownChars = 500;

/** As much of a text as is shown of a hit. */
export function shownText(text: string): string {
  return text.length > shownChars ? `${text.slice(0, shownChars).toWellFormed()}…` : text;
}

/** Points that share a document are many hits of one: more are asked for, so that there are ten documents. */
export const hitsForDocuments = 100;

/** An exact list goes on below the tenth place, so that one sees what is as near as the tenth. */
const hitsForTies = 100;

/** The text of the hits is that of the embedded vector, or of what made the old one. */
export function hitReading({ spec, origins }: Pick<Migration, 'spec' | 'origins'>): HitReading {
  const embedded = Object.values(spec.vectors).find(({ embed }) => embed !== undefined)?.embed?.text;
  const [origin] = Object.values(origins);
  const { documentField, slices } = spec.gates;
  return { template: embedded ?? origin?.text ?? null, documentField, slices };
}

/** The source as it is searched now, and the target as it will be. */
export function sidesOf({ spec, resolved }: { spec: Spec; resolved: { source: string } }, fresh: SearchProfile): Sides<Side> {
  return { old: { collection: resolved.source, profile: spec.search.old }, new: { collection: spec.target.collection, profile: fresh } };
}

export type SearchSides = {
  readonly searches: Searches;
  readonly sides: Sides<Side>;
  readonly reading: HitReading;
  readonly signal: AbortSignal;
};

/** Asks both sides, through the index and exactly, one request at a time, so that times are of searches that disturb one another not. */
export async function searchQuery(context: SearchSides, query: PreparedQuery): Promise<SearchedQuery> {
  const ask = (side: keyof Sides<Side>, exact: boolean) => searchWithoutSelf(context, side, query, { exact });
  const indexed = { old: await ask('old', false), new: await ask('new', false) };
  const exact = { old: await ask('old', true), new: await ask('new', true) };
  return { id: query.id, text: query.text, slices: query.slices ?? {}, indexed, exact };
}

/** A point that is asked about itself is no hit. `ef`: as in SearchRequest. */
export async function searchWithoutSelf(
  context: SearchSides,
  side: keyof Sides<Side>,
  { queries, self }: PreparedQuery,
  { exact = false, ef }: { readonly exact?: boolean; readonly ef?: number },
): Promise<SearchAnswer> {
  const limit = exact && isPlain(context.sides) ? hitsForTies : limitOf(context, side);
  const answer = await searchSide(context, side, queries[side], exact, limit + (self === null ? 0 : 1), ef);
  return { ...answer, hits: answer.hits.filter(({ id }) => id.id !== self?.id || id.kind !== self.kind) };
}

/** Whether both sides are asked for the nearest and nothing else: fused lists have no ties that mean anything. */
export function isPlain({ old, new: fresh }: Sides<Side>): boolean {
  return old.profile.prefetch.length === 0 && fresh.profile.prefetch.length === 0;
}

function limitOf({ sides, reading }: SearchSides, side: keyof Sides<Side>): number {
  return Math.max(sides[side].profile.limit, reading.documentField === null ? gateDepth : hitsForDocuments);
}

/** One search of one side. `limit`: instead of as many as the gates look at. */
export async function searchSide(
  context: SearchSides,
  side: keyof Sides<Side>,
  queries: Readonly<Record<string, QueryText>>,
  exact: boolean,
  limit = limitOf(context, side),
  ef?: number,
): Promise<SearchAnswer> {
  const { searches, sides, reading, signal } = context;
  const { collection, profile } = sides[side];
  const { template, documentField, slices } = reading;
  const read = template === null ? [] : templateFields(template).map(({ steps }) => steps);
  const named = [...(documentField === null ? [] : [documentField]), ...slices].map((path) => parsePayloadPath(path) ?? [path]);
  const fields = [...read, ...named].map(payloadKey);
  const { hits, tookMs } = await searches.search(collection, {
    profile,
    queries,
    limit,
    exact,
    ef,
    fields: [...new Set(fields)],
    signal,
  });
  return { hits: hits.map((hit) => readHit(hit, reading)), tookMs };
}

function readHit({ id, score, payload }: Hit, { template, documentField, slices }: HitReading) {
  return {
    id,
    score,
    document: documentOf({ id, payload }, documentField),
    text: template === null ? '' : shownText(renderText(template, payload) ?? ''),
    ...(slices.length === 0 ? {} : { slices: sliceValues(payload, slices) }),
  };
}

/** What a payload has of the fields of `gates.slices`. */
export function sliceValues(payload: string, slices: readonly string[]): SliceValues {
  return Object.fromEntries(slices.flatMap((field) => (fieldText(payload, field) === '' ? [] : [[field, fieldText(payload, field)]])));
}

/** A measurement is thousands of searches: one that meets a server busy for a moment is tried again, instead of beginning all of them anew. */
export function patientSearches({ searches, clock }: Pick<CoordinatorDeps, 'searches' | 'clock'>): Searches {
  return {
    search: (collection, request) => patiently({ clock, signal: request.signal }, () => searches.search(collection, request)),
  };
}
