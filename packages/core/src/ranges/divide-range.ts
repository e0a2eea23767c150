import type { PointId } from '@reembed/contracts';
import { comparePointIds } from '../domain/point.ts';
import type { RangeDelta } from '../ports/state.ts';
import { type RangeContext, rangePoints } from './range-context.ts';
import { sourceRead } from './read-pages.ts';

/** New ranges that one division makes of what lies ahead: finding their bounds should take seconds. What is left is divided in its turn. */
const mostAhead = 200;

/** Records progress as `context.progress` does. False where the walk ends here, because others work on the rest of the range. */
export type Advance = (next: PointId | null, delta: RangeDelta) => Promise<boolean>;

/**
 * Divides a range that turns out to hold more than twice the points it should. What was walked becomes two ranges that are done, so that
 * no sliver is cut off a range that grows by a few points every pass; what lies ahead becomes ranges of the usual size, for many to work on.
 */
export function advanceDividing(context: RangeContext): Advance {
  const limit = rangePoints(context.migration, context.pass);
  let walked = context.record.points;
  let middle: PointId | null = null;
  let ahead: readonly PointId[] | null = null;
  return async (next, delta) => {
    walked += delta.points;
    if (middle !== null && walked > 2 * limit) {
      if (next === null) return divide(context, [middle], delta);
      ahead ??= await boundsAhead(context, next, limit);
      if (ahead.length > 0) return divide(context, [middle, next, ...ahead], delta);
    }
    await context.progress(next, delta);
    if (walked >= limit) middle ??= next;
    return next !== null;
  };
}

async function divide({ divide }: RangeContext, bounds: readonly PointId[], delta: RangeDelta): Promise<false> {
  await divide({ bounds, done: 2 }, delta);
  return false;
}

/** Every `limit` points from `from` on, inside the range; none where less than that is left. */
async function boundsAhead(context: RangeContext, from: PointId, limit: number): Promise<PointId[]> {
  const { collection, end, filter, signal } = sourceRead(context);
  const bounds: PointId[] = [];
  for (let offset: PointId | null = from; offset !== null && bounds.length < mostAhead; ) {
    const { next }: { next: PointId | null } = await context.points.scrollIds(collection, { offset, limit, filter, signal });
    offset = next !== null && (end === null || comparePointIds(next, end) < 0) ? next : null;
    if (offset !== null) bounds.push(offset);
  }
  return bounds;
}
