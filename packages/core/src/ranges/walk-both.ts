import { type PointId, parsePayloadPath } from '@reembed/contracts';
import type { Migration } from '../domain/migration.ts';
import { readPayloadField } from '../domain/payload-field.ts';
import { inOrder, type PointText } from '../domain/point.ts';
import { isInPlace } from '../domain/recipes-of.ts';
import { retrieveAll } from '../ports/collections.ts';
import { payloadMapper } from '../recipes/payload-mapping.ts';
import { createPageCursor } from './page-cursor.ts';
import { type RangeContext, rangePoints } from './range-context.ts';
import { type ReadRange, readRange, sourceRead, targetRead } from './read-pages.ts';
import { createRawWalk } from './walk-raw.ts';

/**
 * The same stretch of the id space on both sides, each in id order, without points that are known to be alike. `points`: how many the source has in
 * it, with those. `next` is where the following one starts; null at the end.
 */
export type Stretch = {
  readonly source: readonly PointText[];
  readonly target: readonly PointText[];
  readonly points: number;
  readonly next: PointId | null;
};

/** Walks source and target of a range together, a source page at a time, with payloads and the vectors that recipes tell of. */
export function walkBoth(context: RangeContext): AsyncGenerator<Stretch> {
  if (isInPlace(context.migration.spec)) return walkOne(context, sourceRead(context));
  return walkUnlike(context);
}

/** As bytes where that can tell that two points are alike, as text where it cannot. */
async function* walkUnlike(context: RangeContext): AsyncGenerator<Stretch> {
  const { spec } = context.migration;
  let read = sourceRead(context);
  const raw = createRawWalk(context, read);
  for await (const { unlike, points, next } of raw?.stretches() ?? []) {
    yield { ...(await readBoth(context, unlike)), points, next };
    if (next === null) return;
    read = { ...read, from: next };
    // What differs costs a second reading: where most does, there is no use in the first.
    if (2 * unlike.length > points) break;
  }
  yield* walk(context, read, Object.keys(spec.vectors));
}

/** Both sides of points as they are now, with payloads and vectors. */
export async function readBoth(context: RangeContext, ids: readonly PointId[]): Promise<Pick<Stretch, 'source' | 'target'>> {
  const { collection, payload, vectors, filter, signal } = sourceRead(context);
  const { spec } = context.migration;
  const [source, target] = await Promise.all([
    retrieveAll(context.points, collection, { ids, payload, vectors, filter, signal }),
    retrieveAll(context.points, spec.target.collection, { ids, payload, vectors: Object.keys(spec.vectors), signal }),
  ]);
  return { source: byNewNames(context.migration)(inOrder(source)), target: inOrder(target) };
}

/** The same by ids alone, in longer stretches, though none longer than a range is to be. */
export function walkIds(context: RangeContext): AsyncGenerator<Stretch> {
  const read = sourceRead(context);
  const pagePoints = Math.min(8 * read.pagePoints, rangePoints(context.migration, context.pass));
  return walk(context, { ...read, payload: false, vectors: [], pagePoints }, []);
}

async function* walk({ points, migration }: RangeContext, read: ReadRange, targetVectors: readonly string[]): AsyncGenerator<Stretch> {
  const source = readRange(points, read);
  const named = read.payload ? byNewNames(migration) : unchanged;
  const target = createPageCursor(readRange(points, targetRead(read, migration.spec.target.collection, targetVectors)));
  try {
    for await (const page of source) {
      // The target's points of this page are those before the next page starts; of the last page, all that are left in the range.
      yield { source: named(page.points), target: await target.before(page.next), points: page.points.length, next: page.next };
    }
  } finally {
    await Promise.all([source.return(undefined), target.close()]);
  }
}

/** In place both sides are one: each point is read once, with what its vectors are made from and what they are. */
async function* walkOne({ points, migration: { spec } }: RangeContext, read: ReadRange): AsyncGenerator<Stretch> {
  const vectors = [...new Set([...read.vectors, ...Object.keys(spec.vectors)])];
  for await (const page of readRange(points, { ...read, vectors }))
    yield { source: page.points, target: page.points, points: page.points.length, next: page.next };
}

type Page = readonly PointText[];

const unchanged = (points: Page): Page => points;

/**
 * On the way back: what an application wrote to the new collection under the old name of a field counts as under the new one, of which the old
 * vectors are made. A point that has both names stays as it is, and is set aside for that.
 */
function byNewNames({ forward }: Migration): (points: Page) => Page {
  const { rename } = forward?.spec.target.payload ?? { rename: {} };
  const old = Object.keys(rename).flatMap((path) => [parsePayloadPath(path) ?? []]);
  if (forward === undefined || old.length === 0) return unchanged;
  const mapper = payloadMapper(forward.spec.target.payload);
  return (points) =>
    points.map((point) => {
      if (old.every((steps) => readPayloadField(point.payload, steps) === undefined)) return point;
      const made = mapper.map(point.payload);
      return 'payload' in made ? { ...point, payload: made.payload } : point;
    });
}
