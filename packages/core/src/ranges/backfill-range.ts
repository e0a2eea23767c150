import type { PointId } from '@reembed/contracts';
import { ReembedError } from '../domain/error.ts';
import { fenceAlias } from '../domain/migration.ts';
import { contentHash, type PointPair, type PointText, type PointVectors, type WrittenVector } from '../domain/point.ts';
import { byId, idsOf, pointIdSet } from '../domain/point-id-set.ts';
import { refusedPoints, type SetAsideEntry } from '../domain/set-aside.ts';
import { walkedPoints } from '../domain/source-points.ts';
import type { Listed } from '../ports/state.ts';
import { withTexts } from '../recipes/point-texts.ts';
import { isStoredForm } from '../recipes/stored-vector.ts';
import { type TargetPayloads, targetPayloads } from '../recipes/target-payload.ts';
import { type FilledVector, filledVectors } from '../recipes/target-vectors.ts';
import type { RangeContext } from './range-context.ts';
import { type RangePage, readRange, sourceRead } from './read-pages.ts';
import { writeVectors } from './write-points.ts';

/**
 * Gives the points of a live collection the vectors they lack. There is no second copy to compare with, so what was read and what was
 * embedded are held against each other:
 *
 * 1. A page is written only where the vector is missing, so that a vector that came meanwhile stays.
 * 2. Then its points are read again; those that no longer are what was embedded are done again, now over what is there.
 * 3. The checkpoint comes when everything read is what was embedded. A page that an earlier holder of the range may have written without
 *    coming this far is done whole, over what is there; and the one after it, onto which points slide when others are inserted.
 */
export async function backfillRange(context: RangeContext): Promise<void> {
  const read = { ...sourceRead(context), ...walkedPoints(context.migration, 'backfill'), payload: false, vectors: [] };
  await fillPages(context, readRange(context.points, read));
}

/** The same for those points of the range that are to be filled first; one that is gone, or no longer matches, is left out. */
export async function hotRange(context: RangeContext): Promise<void> {
  await fillPages(context, hotPages(context, await context.hotIds()));
}

async function* hotPages(context: RangeContext, ids: readonly PointId[]): AsyncGenerator<RangePage> {
  const { migration, points, signal } = context;
  const { collection, filter } = walkedPoints(migration, 'hot');
  const { pagePoints } = migration.spec.copy;
  for (let at = 0; at === 0 || at < ids.length; at += pagePoints) {
    const page = ids.slice(at, at + pagePoints);
    await context.pace(page.length, signal);
    const found = page.length === 0 ? [] : await points.retrieve(collection, { ids: page, payload: false, vectors: [], filter, signal });
    yield { points: found, next: ids[at + pagePoints] ?? null };
  }
}

async function fillPages(context: RangeContext, pages: AsyncGenerator<RangePage>): Promise<void> {
  const { record, migration } = context;
  let pagesAgain = record.takenOver || record.attempts > 0 ? pagesInDoubt(context) : 0;
  for await (const { points, next } of pages) {
    const ids = points.map(({ id }) => id);
    const done = { points: ids.length, texts: 0, tokens: 0, refused: 0, findings: [] as Listed[] };
    for (const filled of filledVectors(migration.spec)) {
      const { texts, tokens, refused, missing } = await fillPage(context, filled, ids, pagesAgain > 0);
      done.texts += texts;
      done.tokens += tokens;
      done.refused = Math.max(done.refused, refused);
      done.findings.push(...missing.map((id) => ({ kind: 'vector-missing', id }) as const));
    }
    await context.progress(next, done);
    pagesAgain--;
  }
}

/** The page of an earlier holder, and as much again onto which its points may have slid, in pages as they are now. */
function pagesInDoubt({ migration, pass }: RangeContext): number {
  const { pagePoints } = migration.spec.copy;
  return Math.ceil((2 * Math.max(pass.pagePointsBefore ?? 0, pagePoints)) / pagePoints);
}

/** `missing`: points that had a vector to get. */
async function fillPage(context: RangeContext, filled: FilledVector, ids: readonly PointId[], again: boolean) {
  const { points, signal, migration } = context;
  const { name } = filled.vector;
  const { collection } = migration.spec.target;
  const lacking = await points.lacking(collection, { ids, vector: name, signal });
  let todo = await notSetAside(context, name, await readPoints(context, filled, again ? ids : lacking));
  const wanted = pointIdSet(lacking);
  let overwrite = again;
  let missing: PointId[] | null = null;
  let written: readonly PointPair[] | null = null;
  const total = { texts: 0, tokens: 0, refused: 0 };
  let rounds = 0;
  // A point that is edited all the time is done as often: each round is a request, and the signal ends it.
  while (todo.length > 0) {
    if (context.recipes.texts !== undefined && rounds++ === mostRounds) throw restless(todo);
    const { texts, tokens, refused, made } = await fill(context, filled, todo, { overwrite, written });
    total.texts += texts;
    total.tokens += tokens;
    total.refused = Math.max(total.refused, refused);
    missing ??= [...made.keys()].map(({ id }) => id).filter((id) => wanted.has(id));
    written = await changedWhileWritten(context, filled, todo, made);
    todo = written.map(({ source }) => source);
    overwrite = true;
  }
  return { ...total, missing: missing ?? [] };
}

/** Nobody edits a text so often; a service that words it anew for every question would be paid for without end. */
const mostRounds = 20;

function restless([point]: readonly PointText[]): ReembedError {
  return new ReembedError(
    'text-source-refused',
    `source.textFrom had another text for point ${point?.id.id} each of ${mostRounds} times: it has to give the same text until that is edited`,
  );
}

/** `written`: the points with the vector of the round before; null in the first one. */
type Filling = { readonly overwrite: boolean; readonly written: readonly PointPair[] | null };

/**
 * Makes and writes the vector of each point. One that was given a vector and has no text any more keeps no stale one. Nothing is taken from
 * the others: their vector may be an application's own. What an application brought while these were made is seen by one more look.
 */
async function fill(context: RangeContext, { vector }: FilledVector, todo: readonly PointText[], { overwrite, written }: Filling) {
  const { points, migration } = context;
  const fence = fenceAlias(migration.id, migration.epoch);
  const all = await vector.make(context.recipes, todo);
  const given = written === null ? [] : await withOwnVector(context, vector.name, written);
  const isOurs = written === null ? () => true : idsOf(given.map(({ source }) => source)).has;
  const made = new Map([...all.vectors].filter(([{ id }]) => isOurs(id)));
  const ready = [...made].map(([{ id }, one]): PointVectors => ({ id, vectors: { [vector.name]: one } }));
  const refused = [...all.setAside.values()].filter(({ id }) => isOurs(id));
  const failed = [...refused, ...(await writeVectors(context, todo, ready, overwrite ? undefined : vector.name))];
  const without = given.filter(({ source, target }) => target.vectors[vector.name] !== undefined && !made.has(source));
  await points.removeVector(
    fence,
    without.map(({ source }) => source.id),
    vector.name,
  );
  await keepRecord(context, vector.name, todo, failed);
  return { texts: all.texts, tokens: all.tokens, refused: refusedPoints(failed), made };
}

async function keepRecord(context: RangeContext, vector: string, tried: readonly PointText[], failed: readonly SetAsideEntry[]) {
  const { setAside, migration } = context;
  if (failed.length > 0) await setAside.put(migration.id, failed);
  const failing = idsOf(failed);
  const recorded = await recordedFor(context, vector, tried);
  const mended = recorded.map(({ id }) => id).filter((id) => !failing.has(id));
  if (mended.length > 0) await setAside.remove(migration.id, mended);
}

/** What is on record for this vector; a point may be there for another one. */
async function recordedFor({ setAside, migration }: RangeContext, vector: string, points: readonly PointText[]) {
  const entries = await setAside.among(
    migration.id,
    points.map(({ id }) => id),
  );
  return entries.filter((entry) => entry.vector === vector);
}

/**
 * Those of the points that read differently now from what their vector was made of, as they read now beside the vector they were given. Points
 * that are gone need nothing.
 */
async function changedWhileWritten(
  context: RangeContext,
  filled: FilledVector,
  before: readonly PointText[],
  made: ReadonlyMap<PointText, WrittenVector>,
): Promise<readonly PointPair[]> {
  const { vector } = filled;
  const known = byId(before);
  const ids = before.map(({ id }) => id);
  const now = await readPoints(context, filled, ids, { majority: true });
  const pairs = now.map((source) => {
    const read = known.get(source.id) ?? source;
    const one = made.get(read);
    const text = typeof one === 'object' ? context.recipes.encodeVector(one) : one;
    return { source, target: { ...read, vectors: text === undefined ? {} : { [vector.name]: text } } };
  });
  // A hash in the payload tells of the vector it was stored with, not of one made from what was read here.
  const { spec } = context.migration;
  const payloads = targetPayloads({ ...spec, sync: { ...spec.sync, hashField: null } });
  const faults = await vector.check(context.recipes, pairs);
  const stale = pairs.filter((pair, at) => !(vector.reads.length > 0 ? faults[at] === null : madeOfTheSame(filled, pair, payloads)));
  return withOwnVector(context, vector.name, stale);
}

/**
 * Of points that changed while their vector was written, those that have that vector, or none: another one is an application's own, written
 * with the change, and stays. `target`: the point with the vector that was written for it.
 */
async function withOwnVector(context: RangeContext, name: string, stale: readonly PointPair[]): Promise<readonly PointPair[]> {
  if (stale.length === 0) return stale;
  const { points, migration, signal } = context;
  const ids = stale.map(({ source }) => source.id);
  const now = byId(
    await points.retrieve(migration.spec.target.collection, { ids, payload: false, vectors: [name], majority: true, signal }),
  );
  return stale.filter(({ source, target }) => {
    const [written, stored] = [target.vectors[name], now.get(source.id)?.vectors[name]];
    if (stored === undefined) return true;
    return written !== undefined && (isDocument(written) || isStoredForm(written, stored, migration.resolved.storedAs[name]));
  });
}

/** What the server makes a vector of: it comes back as numbers that nobody here knows. */
function isDocument(written: string): boolean {
  return written.startsWith('{"text":');
}

function madeOfTheSame({ vector }: FilledVector, pair: PointPair, payloads: TargetPayloads): boolean {
  const { source, target } = pair;
  const unchanged = source.payload === target.payload && source.elsewhere === target.elsewhere;
  return unchanged || vector.reuse(pair, payloads) !== null;
}

/** Points as the recipes know them: the vectors they read, under the names that the source has them by. */
async function readPoints(
  context: RangeContext,
  { readsFrom }: FilledVector,
  ids: readonly PointId[],
  { majority = false } = {},
): Promise<readonly PointText[]> {
  const { points, migration, signal } = context;
  const vectors = [...readsFrom.values()];
  const found = await points.retrieve(migration.spec.target.collection, { ids, payload: true, vectors, majority, signal });
  const read = await withTexts(context.recipes, found);
  return read.map((point) => {
    const named = [...readsFrom].flatMap(([from, name]) =>
      point.vectors[name] === undefined ? [] : [[from, point.vectors[name]] as const],
    );
    return { ...point, vectors: Object.fromEntries(named) };
  });
}

/** What could not be made is tried again only when what it is made from has changed. */
async function notSetAside(context: RangeContext, vector: string, points: readonly PointText[]) {
  const recorded = await recordedFor(context, vector, points);
  const hashes = byId(recorded);
  return recorded.length === 0 ? points : points.filter((point) => hashes.get(point.id)?.payloadHash !== contentHash(point));
}
