import type { PointId, Range } from '@reembed/contracts';
import type { Filter, PointText } from '../domain/point.ts';
import { comparePointIds } from '../domain/point-id.ts';
import type { Points, ScrollRequest } from '../ports/collections.ts';

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
  readonly signal: AbortSignal;
};

/** The points of a half-open range, page by page in scroll order; the next page is read while the caller works on this one. */
export async function* readRange(points: Pick<Points, 'scroll'>, read: ReadRange): AsyncGenerator<RangePage> {
  const { collection, pagePoints, end, from, ...what } = read;
  const load = async (offset: PointId | null): Promise<RangePage> => {
    const request: ScrollRequest = { offset, limit: pagePoints, ...what };
    return cut(await points.scroll(collection, request), end);
  };
  let ahead: Promise<RangePage> | null = load(from);
  while (ahead !== null) {
    const page: RangePage = await ahead;
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
