import type { PointId } from '@reembed/contracts';
import { comparePointIds, type PointText } from '../domain/point.ts';
import { isInPlace } from '../domain/recipes-of.ts';
import { type RangeContext, rangePoints } from './range-context.ts';
import { type ReadRange, readRange, sourceRead } from './read-pages.ts';

/** The same stretch of the id space on both sides, each in id order. `next` is where the following one starts; null at the end. */
export type Stretch = { readonly source: readonly PointText[]; readonly target: readonly PointText[]; readonly next: PointId | null };

/** Walks source and target of a range together, a source page at a time, with payloads and the vectors that recipes tell of. */
export function walkBoth(context: RangeContext): AsyncGenerator<Stretch> {
  if (isInPlace(context.migration.spec)) return walkOne(context, sourceRead(context));
  return walk(context, sourceRead(context), Object.keys(context.migration.spec.vectors));
}

/** The same by ids alone, in longer stretches, though none longer than a range is to be. */
export function walkIds(context: RangeContext): AsyncGenerator<Stretch> {
  const read = sourceRead(context);
  const pagePoints = Math.min(8 * read.pagePoints, rangePoints(context.migration, context.pass));
  return walk(context, { ...read, payload: false, vectors: [], pagePoints }, []);
}

async function* walk({ points, migration }: RangeContext, read: ReadRange, targetVectors: readonly string[]): AsyncGenerator<Stretch> {
  const source = readRange(points, read);
  const target = createCursor(
    // Unfiltered: whatever else is in the target does not belong there.
    readRange(points, {
      ...read,
      collection: migration.spec.target.collection,
      vectors: targetVectors,
      filter: undefined,
      pace: undefined,
    }),
  );
  try {
    for await (const page of source) {
      // The target's points of this page are those before the next page starts; of the last page, all that are left in the range.
      yield { source: page.points, target: await target.before(page.next), next: page.next };
    }
  } finally {
    await Promise.all([source.return(undefined), target.close()]);
  }
}

/** In place both sides are one: each point is read once, with what its vectors are made from and what they are. */
async function* walkOne({ points, migration: { spec } }: RangeContext, read: ReadRange): AsyncGenerator<Stretch> {
  const vectors = [...new Set([...read.vectors, ...Object.keys(spec.vectors)])];
  for await (const page of readRange(points, { ...read, vectors })) yield { source: page.points, target: page.points, next: page.next };
}

type Cursor = { before(end: PointId | null): Promise<readonly PointText[]>; close(): Promise<void> };

function createCursor(pages: AsyncGenerator<{ readonly points: readonly PointText[] }>): Cursor {
  let held: readonly PointText[] = [];
  let ended = false;
  return {
    async before(end) {
      const taken: PointText[] = [];
      for (;;) {
        const cut = end === null ? held.length : held.findIndex((point) => comparePointIds(point.id, end) >= 0);
        taken.push(...(cut === -1 ? held : held.slice(0, cut)));
        held = cut === -1 ? [] : held.slice(cut);
        if (held.length > 0 || ended) return taken;
        const page = await pages.next();
        if (page.done) ended = true;
        else held = page.value.points;
      }
    },
    async close() {
      await pages.return(undefined);
    },
  };
}
