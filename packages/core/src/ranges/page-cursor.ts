import type { PointId } from '@reembed/contracts';
import { comparePointIds } from '../domain/point.ts';

type Identified = { readonly id: PointId };

/** Points in scroll order, taken up to a bound that somebody else's pages set. */
export type PageCursor<Point> = {
  /** All that are left before `end`; null: all. */
  before(end: PointId | null): Promise<readonly Point[]>;
  close(): Promise<void>;
};

export function createPageCursor<Point extends Identified>(
  pages: AsyncGenerator<{ readonly points: readonly Point[] }>,
): PageCursor<Point> {
  let held: readonly Point[] = [];
  let ended = false;
  return {
    async before(end) {
      const taken: Point[] = [];
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
