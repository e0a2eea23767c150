import { createHash } from 'node:crypto';
import { isReembedError, type ReembedError } from '../error.ts';
import { fenceAlias } from '../migration.ts';
import { pointIdToJson } from '../point-id.ts';
import type { PointText } from '../ports/collections.ts';
import type { SetAsideEntry } from '../ports/state.ts';
import { applyRecipes } from '../recipes/apply-recipes.ts';
import { keptVectors } from '../recipes/target-vectors.ts';
import type { RangeContext } from './range-context.ts';
import { type RangePage, readRange } from './read-range.ts';

/** Pages of one range that are embedded or written at the same time. */
const pagesInFlight = 3;

/**
 * Copies one range: reading the next page, embedding this one and writing the last overlap, and at most three pages are held. Pages are
 * acknowledged in order, so a checkpoint never covers a page whose write is not. Existing points are never overwritten.
 */
export async function copyRange(context: RangeContext): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const scoped = { ...context, signal, recipes: withSignal(context.recipes, signal) };
  const inFlight: { page: RangePage; done: Promise<PageResult> }[] = [];
  const acknowledge = async () => {
    const oldest = inFlight.shift();
    if (oldest === undefined) return;
    const { points, texts, tokens } = await oldest.done;
    await context.progress(oldest.page.next, { points, texts, tokens });
  };
  try {
    for await (const page of readRange(context.points, sourceRead(scoped))) {
      const done = copyPage(scoped, page.points);
      done.catch(() => undefined);
      inFlight.push({ page, done });
      if (inFlight.length >= pagesInFlight) await acknowledge();
    }
    while (inFlight.length > 0) await acknowledge();
  } finally {
    stop.abort(new Error('the range has ended'));
    // Whoever closes the fence counts the writers: none may sign off while a write of it is on its way.
    await Promise.allSettled(inFlight.map(({ done }) => done));
  }
}

function withSignal(recipes: RangeContext['recipes'], signal: AbortSignal): RangeContext['recipes'] {
  const embedding = Object.entries(recipes.embedding).map(([name, context]) => [name, { ...context, signal }] as const);
  return { ...recipes, embedding: Object.fromEntries(embedding) };
}

function sourceRead({ migration, record, signal }: RangeContext) {
  const { spec, resolved } = migration;
  return {
    collection: resolved.source,
    from: record.next ?? record.start,
    end: record.end,
    pagePoints: spec.copy.pagePoints,
    payload: true,
    vectors: [...new Set(keptVectors(spec).map(({ from }) => from))],
    signal,
  };
}

type PageResult = { readonly points: number; readonly texts: number; readonly tokens: number };

async function copyPage(context: RangeContext, page: readonly PointText[]): Promise<PageResult> {
  const absent = await withoutStored(context, page);
  const mapped = await applyRecipes(context.recipes, absent);
  const refused = await write(context, mapped.points);
  const setAside = [...mapped.setAside, ...refused];
  const { id } = context.migration;
  if (mayBeStored(context.pass, context.record))
    await context.setAside.remove(
      id,
      page.map((point) => point.id),
    );
  if (setAside.length > 0) await context.setAside.put(id, setAside);
  return { points: page.length, texts: mapped.texts, tokens: mapped.tokens };
}

/** Where an earlier try may have written, what is stored is not embedded, and not paid, again. */
async function withoutStored(
  { migration, pass, record, points, signal }: RangeContext,
  page: readonly PointText[],
): Promise<readonly PointText[]> {
  if (page.length === 0 || !mayBeStored(pass, record)) return page;
  const ids = page.map((point) => point.id);
  const stored = await points.retrieve(migration.spec.target.collection, { ids, payload: false, vectors: [], signal });
  const known = new Set(stored.map((point) => pointIdToJson(point.id)));
  return page.filter((point) => !known.has(pointIdToJson(point.id)));
}

/** The first try of a range in the first pass finds an empty target. */
function mayBeStored(pass: RangeContext['pass'], record: RangeContext['record']): boolean {
  return record.takenOver || record.attempts > 0 || pass.number > 1;
}

/**
 * Writes points through the fence. A write that has begun is let finish, also when the range is stopped: torn off, nobody would know
 * whether the server still carries it out. A request that is too large is halved; a point that Qdrant refuses is found by halving and
 * set aside.
 */
async function write(context: RangeContext, points: readonly PointText[]): Promise<SetAsideEntry[]> {
  if (points.length === 0) return [];
  const { migration, signal } = context;
  signal.throwIfAborted();
  try {
    await context.points.insertOnly(fenceAlias(migration.id, migration.epoch), points);
    return [];
  } catch (error) {
    if (!isReembedError(error, 'qdrant-too-large') && !isReembedError(error, 'qdrant-refused')) throw error;
    const [only] = points;
    if (points.length === 1 && only !== undefined) return [refusedPoint(only, error)];
    const middle = Math.ceil(points.length / 2);
    return [...(await write(context, points.slice(0, middle))), ...(await write(context, points.slice(middle)))];
  }
}

function refusedPoint(point: PointText, error: ReembedError): SetAsideEntry {
  const payloadHash = createHash('sha256').update(point.payload).digest('hex');
  return { id: point.id, vector: '', code: error.code, reason: `point ${point.id.id}: ${error.message}`, payloadHash };
}
