import type { PointId } from '@reembed/contracts';
import { isReembedError, ReembedError } from '../domain/error.ts';
import { type Halved, inHalves } from '../domain/in-halves.ts';
import { fenceOf } from '../domain/migration.ts';
import { contentHash, type PointText, type PointVectors } from '../domain/point.ts';
import { byId, idsOf } from '../domain/point-id-set.ts';
import { tooManyToBlame } from '../domain/retry-policy.ts';
import { onlyOldKey, refusedEntry, type SetAsideEntry, setAsideKey } from '../domain/set-aside.ts';
import type { MappedPage } from '../recipes/apply-recipes.ts';
import { withTexts } from '../recipes/point-texts.ts';
import type { Difference } from './differences.ts';
import type { WriteContext } from './range-context.ts';

/**
 * Writes points through the fence, absent ones only (`insertOnly`) or existing ones only (`updateOnly`). A write that has begun is let
 * finish, also when the range is stopped: torn off, nobody would know whether the server still carries it out. A request that is too
 * large is halved; a point that Qdrant refuses is found by halving, and answered as set aside. Where it refuses every single one of
 * many, throws what it said of the first: `qdrant-refused` or `qdrant-too-large`.
 */
export async function writePoints(
  context: WriteContext,
  mode: 'insertOnly' | 'updateOnly',
  { points, sources }: Pick<MappedPage, 'points' | 'sources'>,
): Promise<SetAsideEntry[]> {
  const refused = await writeHalving(context, points, (fence, some) => context.points[mode](fence, some));
  checkBlame(points.length, refused);
  return refused.map(({ item: { id, payload }, error }) => refusedEntry(sources.get(id) ?? { id, payload, vectors: {} }, '', error));
}

/** The same for single vectors of points that exist, in the order of `points`; only where `onlyMissing` is missing, if that is given. */
export async function writeVectors(
  context: WriteContext,
  points: readonly PointText[],
  vectors: readonly PointVectors[],
  onlyMissing: string | undefined,
): Promise<SetAsideEntry[]> {
  const payloads = byId(points);
  const refused = await writeHalving(context, vectors, (fence, some) => updateExisting(context, fence, some, onlyMissing));
  checkBlame(vectors.length, refused);
  return refused.flatMap(({ item, error }) => {
    const point = payloads.get(item.id);
    return point === undefined ? [] : [refusedEntry(point, Object.keys(item.vectors)[0] ?? '', error)];
  });
}

/** An absent point makes the server refuse a request that it has carried out in part: those that exist are sent again. */
async function updateExisting(context: WriteContext, fence: string, vectors: readonly PointVectors[], onlyMissing: string | undefined) {
  try {
    await context.points.updateVectors(fence, vectors, { onlyMissing });
  } catch (error) {
    if (!isReembedError(error, 'qdrant-not-found')) throw error;
    const ids = vectors.map(({ id }) => id);
    // Through the fence: where that is what was not found, this says so.
    const found = await context.points.retrieve(fence, { ids, payload: false, vectors: [], majority: true });
    const existing = idsOf(found);
    const rest = vectors.filter(({ id }) => existing.has(id));
    if (rest.length === vectors.length) throw error;
    await updateExisting(context, fence, rest, onlyMissing);
  }
}

type Refused<Item> = Halved<Item, void>['refused'];

function checkBlame(sent: number, refused: Refused<{ readonly id: PointId }>): void {
  const [first] = refused;
  if (first === undefined || refused.length < Math.max(sent, tooManyToBlame)) return;
  const { item, error } = first;
  throw new ReembedError(error.code, `each of ${sent} points was refused, first point ${item.id.id}: ${error.message}`, { cause: error });
}

export const isRefusal = (error: unknown): error is ReembedError =>
  isReembedError(error, 'qdrant-too-large') || isReembedError(error, 'qdrant-refused');

async function writeHalving<Item>(
  { migration, signal }: WriteContext,
  items: readonly Item[],
  write: (fence: string, items: readonly Item[]) => Promise<void>,
): Promise<Refused<Item>> {
  const { refused } = await inHalves(items, isRefusal, (some) => {
    signal.throwIfAborted();
    return write(fenceOf(migration), some);
  });
  return refused;
}

/** Without what is missing on either side because it is set aside. */
export async function withoutSetAside(context: WriteContext, found: readonly Difference[]): Promise<readonly Difference[]> {
  return withoutMissing(context, context.migration.isReversed ? await withoutKept(context, found) : found);
}

/** The same where nothing may be lost: what cannot be made for the old collection is missing there once readers are led back to it. */
export async function withoutAccepted(context: WriteContext, found: readonly Difference[]): Promise<readonly Difference[]> {
  return context.migration.isReversed ? withoutKept(context, found) : withoutMissing(context, found);
}

/** What was set aside before the switch is in the old collection alone: that the new one lacks it does not say that it was deleted. */
async function withoutKept({ setAside, migration }: WriteContext, found: readonly Difference[]): Promise<readonly Difference[]> {
  const extra = found.flatMap(({ id, source }) => (source === undefined ? [id] : []));
  const kept = idsOf(extra.length === 0 ? [] : await setAside.among(onlyOldKey(migration), extra));
  return found.filter(({ id, source }) => source !== undefined || !kept.has(id));
}

/** Points or vectors of points, as long as what they would be made from is what it was. */
async function withoutMissing(context: WriteContext, found: readonly Difference[]): Promise<readonly Difference[]> {
  const missing = found.filter(lacks).flatMap(({ source }) => source ?? []);
  if (missing.length === 0) return found;
  const entries = await context.setAside.among(
    setAsideKey(context.migration),
    missing.map(({ id }) => id),
  );
  if (entries.length === 0) return found;
  const recorded = byId(entries);
  const read = await withTexts(
    context.recipes,
    missing.filter(({ id }) => recorded.get(id) !== undefined),
  );
  const asItWas = idsOf(read.filter((point) => recorded.get(point.id)?.payloadHash === contentHash(point)));
  return found.filter((difference) => !lacks(difference) || !asItWas.has(difference.id));
}

function lacks({ target, kinds }: Difference): boolean {
  return target === undefined || kinds.every((kind) => kind === 'vector-missing');
}
