import type { Phase, PointId, Range, Spec } from '@reembed/contracts';
import { changedSince, latestChange } from '../domain/changed-field.ts';
import { comparePointIds, type Filter, type PointText } from '../domain/point.ts';
import { idsOf, type PointIdSet } from '../domain/point-id-set.ts';
import { bothFilters, sourceFilter } from '../domain/source-points.ts';
import type { CarriedPage, Carrier, Points, RawPage, ScrollRequest } from '../ports/collections.ts';
import type { RangeDelta } from '../ports/state.ts';
import { targetVectors } from '../recipes/target-vectors.ts';
import type { RangeContext } from './range-context.ts';

/** A page of a range. `next` is where the following one starts; null at the end of the range. */
export type RangePage = { readonly points: readonly PointText[]; readonly next: PointId | null };

export type ReadRange = Pick<Range, 'end'> & {
  readonly collection: string;
  /** Where to begin, inclusive; null: at the first point. */
  readonly from: PointId | null;
  readonly pagePoints: number;
  readonly payload: boolean;
  readonly vectors: readonly string[];
  readonly filter?: Filter | undefined;
  readonly majority?: boolean | undefined;
  readonly signal: AbortSignal;
  /** Waits until so many points may be read; absent: at once. */
  readonly pace?: ((points: number) => Promise<void>) | undefined;
};

/** The points of a half-open range, page by page in scroll order; the next page is read while the caller works on this one. */
export function readRange(points: Pick<Points, 'scroll'>, read: ReadRange): AsyncGenerator<RangePage> {
  return readAhead(read, (offset) => readPage(points, read, offset));
}

/** The same, each page as bytes where it can be carried, else as text. */
export function readRangeCarried({ points, carrier }: Pick<RangeContext, 'points'> & { readonly carrier: Carrier }, read: ReadRange) {
  const { collection, pagePoints: limit, end, vectors, signal } = read;
  return readAhead<RangePage | CarriedPage>(read, async (offset) => {
    const carried = await carrier.read(collection, { offset, limit, end, vectors, signal });
    return carried ?? (await readPage(points, read, offset));
  });
}

/** The same, each page as bytes to be held against those of the other side. */
export function readRangeRaw(carrier: Pick<Carrier, 'look'>, read: ReadRange): AsyncGenerator<RawPage> {
  const { collection, pagePoints: limit, end, vectors, signal } = read;
  return readAhead(read, (offset) => carrier.look(collection, { offset, limit, end, vectors, signal }));
}

async function readPage(points: Pick<Points, 'scroll'>, read: ReadRange, offset: PointId | null): Promise<RangePage> {
  const { collection, pagePoints, end, from: _from, pace: _pace, ...what } = read;
  const request: ScrollRequest = { offset, limit: pagePoints, ...what };
  return cut(await points.scroll(collection, request), end);
}

async function* readAhead<AnyPage extends { readonly next: PointId | null }>(
  { from, pagePoints, pace }: Pick<ReadRange, 'from' | 'pagePoints' | 'pace'>,
  loadNow: (offset: PointId | null) => Promise<AnyPage>,
): AsyncGenerator<AnyPage> {
  const load = async (offset: PointId | null) => {
    await pace?.(pagePoints);
    return loadNow(offset);
  };
  let ahead: Promise<AnyPage> | null = load(from);
  while (ahead !== null) {
    const page: AnyPage = await ahead;
    ahead = page.next === null ? null : load(page.next);
    // Whoever stops early never awaits the page ahead: its failure is not news then.
    ahead?.catch(() => undefined);
    yield page;
  }
}

function cut(page: RangePage, end: PointId | null): RangePage {
  if (end === null) return page;
  const points = page.points.filter((point) => comparePointIds(point.id, end) < 0);
  const next = page.next !== null && comparePointIds(page.next, end) < 0 ? page.next : null;
  return { points, next };
}

/** The source's side of a range from its checkpoint on: the points that migrate, with payloads and the vectors that recipes read. */
export function sourceRead({ migration, record, signal, pace }: RangeContext): ReadRange {
  const { spec, resolved } = migration;
  return {
    collection: resolved.source,
    from: record.next ?? record.start,
    end: record.end,
    pagePoints: pagePointsOf(spec),
    payload: true,
    vectors: [...new Set(targetVectors(spec).flatMap(({ reads }) => reads))],
    filter: sourceFilter(spec),
    majority: actsByIt(migration.phase),
    signal,
    pace: (points) => pace(points, signal),
  };
}

/** The target's side of the same range. Unfiltered: whatever else is in the target does not belong there. */
export function targetRead(read: ReadRange, collection: string, vectors: readonly string[]): ReadRange {
  return { ...read, collection, vectors, filter: undefined, pace: undefined };
}

/** What may be read within a second is read in no fewer requests than that: a page at once is felt more than a pace. */
function pagePointsOf({ copy, throttle }: Spec): number {
  return Math.max(1, Math.min(copy.pagePoints, Math.ceil(throttle.pointsPerSecond ?? copy.pagePoints)));
}

/** Whether an act goes by what is read now: of a cluster's replicas one may lag. */
export function actsByIt(phase: Phase): boolean {
  return actsBy.includes(phase);
}

const actsBy: readonly Phase[] = ['switching', 'rolling-back', 'inserting-late', 'completing'];

/** What a page adds to the watermark; nothing where the migration has none. */
export function latestChangeIn({ migration }: RangeContext, points: readonly PointText[]): Pick<RangeDelta, 'latestChange'> {
  const { changedField } = migration.spec.sync;
  const { changedKind } = migration.resolved;
  const latest = changedField === null || changedKind === null ? null : latestChange(changedKind, changedField, points);
  return latest === null ? {} : { latestChange: latest };
}

/** Those of these source points that changed at `since` or later, by Qdrant's own judgement: ids only. */
export async function changedAmong(context: RangeContext, points: readonly PointText[], since: number): Promise<PointIdSet> {
  const { collection, filter, signal } = sourceRead(context);
  const { changedField } = context.migration.spec.sync;
  const { changedKind } = context.migration.resolved;
  // A limit comes from values of such a field.
  if (changedField === null || changedKind === null) throw new Error('a pass is limited by a field that is not there');
  const recent = changedSince(changedKind, changedField, since);
  const found = await context.points.retrieve(collection, {
    ids: points.map(({ id }) => id),
    payload: false,
    vectors: [],
    filter: bothFilters(filter, recent),
    signal,
  });
  return idsOf(found);
}
