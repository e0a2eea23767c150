import type { PointId } from '@reembed/contracts';
import { fenceAlias } from '../domain/migration.ts';
import { comparePointIds, type PointText } from '../domain/point.ts';
import { byId, idsOf } from '../domain/point-id-set.ts';
import { goesWhole } from '../domain/recipes-of.ts';
import { refusedPoints, type SetAsideEntry } from '../domain/set-aside.ts';
import type { CarriedPage } from '../ports/collections.ts';
import type { RangeDelta } from '../ports/state.ts';
import { applyRecipes, type MappedPage } from '../recipes/apply-recipes.ts';
import { withBatches } from './batched-vectors.ts';
import type { RangeContext } from './range-context.ts';
import { readEarlier } from './read-earlier.ts';
import { latestChangeIn, type RangePage, readRange, readRangeCarried, sourceRead } from './read-pages.ts';
import { mayBeStored, withoutStored } from './stored-points.ts';
import { isRefusal, writePoints } from './write-points.ts';

/** Pages of one range that are embedded or written at the same time. */
const pagesInFlight = 3;

/**
 * Copies one range: reading the next page, embedding this one and writing the last overlap, and at most three pages are held. Pages are
 * acknowledged in order, so a checkpoint never covers a page whose write is not. Existing points are never overwritten.
 */
export async function copyRange(began: RangeContext): Promise<void> {
  const { context, end, ...paid } = await withBatches(began);
  await copyPages(context, paid);
  // What is left is swept once all ranges are done.
  await end().catch(() => undefined);
}

type Paid = { readonly texts: number; readonly batchTokens: number };

/** `paid`: before the first page, and counted with it. */
async function copyPages(context: RangeContext, paid: Paid): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const scoped = { ...context, signal, recipes: withSignal(context.recipes, signal) };
  const inFlight: { next: PointId | null; done: Promise<PageResult> }[] = [];
  let before = paid;
  const acknowledge = async () => {
    const oldest = inFlight.shift();
    if (oldest === undefined) return;
    const result = await oldest.done;
    const { texts, batchTokens } = before;
    await context.progress(oldest.next, { ...result, texts: result.texts + texts, tokens: result.tokens + batchTokens, batchTokens });
    before = { texts: 0, batchTokens: 0 };
  };
  try {
    for await (const page of readCopied(scoped)) {
      const done = 'bytes' in page ? carryPage(scoped, page) : copyPage(scoped, page.points);
      done.catch(() => undefined);
      inFlight.push({ next: page.next, done });
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
  const texts = recipes.texts === undefined ? undefined : { ...recipes.texts, signal };
  return { ...recipes, texts, embedding: Object.fromEntries(embedding) };
}

function readCopied(context: RangeContext): AsyncGenerator<RangePage | CarriedPage> {
  const { carrier, migration, points } = context;
  const read = sourceRead(context);
  return carrier !== null && goesWhole(migration.spec) ? readRangeCarried({ points, carrier }, read) : readRange(points, read);
}

type PageResult = Pick<MappedPage, 'texts' | 'tokens' | 'kept'> &
  Pick<RangeDelta, 'latestChange'> & { readonly points: number; readonly refused: number };

/**
 * Passes a page on as it came. What is stored already stays whole without being asked for, and nothing is paid for that would be paid twice. Where
 * the server refuses it, its points go as text, one by one in the end, so that the one it means is found.
 */
async function carryPage(context: RangeContext, page: CarriedPage): Promise<PageResult> {
  const { carrier, migration, signal, points } = context;
  if (carrier === null) throw new Error('a page was read that nobody carries');
  signal.throwIfAborted();
  try {
    if (page.ids.length > 0) await carrier.insertOnly(fenceAlias(migration.id, migration.epoch), page);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const { collection, payload, vectors } = sourceRead(context);
    return copyPage(context, await points.retrieve(collection, { ids: page.ids, payload, vectors, signal }));
  }
  await keepSetAside(context, page.ids, []);
  return { points: page.ids.length, texts: 0, tokens: 0, kept: 0, refused: 0 };
}

async function copyPage(context: RangeContext, page: readonly PointText[]): Promise<PageResult> {
  const absent = mayBeStored(context.pass, context.record) ? await withoutStored(context, page) : page;
  const mapped = await applyRecipes(context.recipes, absent, await readEarlier(context, absent));
  const failed = [...mapped.setAside, ...(await writePoints(context, 'insertOnly', mapped))];
  await keepSetAside(
    context,
    page.map(({ id }) => id),
    failed,
  );
  const { texts, tokens, kept } = mapped;
  return { points: page.length, texts, tokens, kept, refused: refusedPoints(failed), ...latestChangeIn(context, page) };
}

/** Keeps the record in step: what failed is in it, and what an earlier try recorded and this one wrote is not any more. */
async function keepSetAside(context: RangeContext, page: readonly PointId[], failed: readonly SetAsideEntry[]): Promise<void> {
  const { setAside, migration, pass, record } = context;
  if (failed.length > 0) await setAside.put(migration.id, failed);
  if (!mayBeStored(pass, record)) return;
  const failing = idsOf(failed);
  await setAside.remove(
    migration.id,
    page.filter((id) => !failing.has(id)),
  );
}

/** Inserts the points of this range that the look back listed as missing, as the source has them now. What the target has stays whole. */
export async function insertLateRange(context: RangeContext): Promise<void> {
  const { record, migration } = context;
  const ids = (await context.lateIds()).filter((id) => {
    return (
      (record.start === null || comparePointIds(id, record.start) >= 0) && (record.end === null || comparePointIds(id, record.end) < 0)
    );
  });
  const { payload, vectors, filter, majority, signal } = sourceRead(context);
  const points = await context.points.retrieve(migration.resolved.source, { ids, payload, vectors, filter, majority, signal });
  const absent = await withoutStored(context, unique(points));
  const mapped = await applyRecipes(context.recipes, absent);
  const { setAside, texts, tokens } = mapped;
  const refused = await writePoints(context, 'insertOnly', mapped);
  await context.setAside.put(migration.id, [...setAside, ...refused]);
  await context.progress(null, { points: points.length, texts, tokens });
}

function unique(points: readonly PointText[]): readonly PointText[] {
  return byId(points).values();
}
