import { isReembedError, ReembedError } from '../error.ts';
import { fenceAlias } from '../migration.ts';
import type { PointText } from '../ports/collections.ts';
import type { SetAsideEntry } from '../ports/state.ts';
import { tooManyToBlame } from '../retry-policy.ts';
import type { RangeContext } from './range-context.ts';
import { refusedPoint } from './set-aside-points.ts';

/**
 * Writes points through the fence, absent ones only (`insertOnly`) or existing ones only (`updateOnly`). A write that has begun is let
 * finish, also when the range is stopped: torn off, nobody would know whether the server still carries it out. A request that is too
 * large is halved; a point that Qdrant refuses is found by halving, and answered as set aside. Throws `qdrant-refused` where it refuses
 * every single one of many.
 */
export async function writePoints(context: RangeContext, mode: WriteMode, points: readonly PointText[]): Promise<SetAsideEntry[]> {
  const refused = await writeHalving(context, mode, points);
  const [first] = refused;
  if (first === undefined || refused.length < Math.max(points.length, tooManyToBlame)) return refused;
  throw new ReembedError('qdrant-refused', `each of ${points.length} points was refused, first ${first.reason}`);
}

type WriteMode = 'insertOnly' | 'updateOnly';

async function writeHalving(context: RangeContext, mode: WriteMode, points: readonly PointText[]): Promise<SetAsideEntry[]> {
  if (points.length === 0) return [];
  const { migration, signal } = context;
  signal.throwIfAborted();
  try {
    await context.points[mode](fenceAlias(migration.id, migration.epoch), points);
    return [];
  } catch (error) {
    if (!isReembedError(error, 'qdrant-too-large') && !isReembedError(error, 'qdrant-refused')) throw error;
    const [only] = points;
    if (points.length === 1 && only !== undefined) return [refusedPoint(only, error)];
    const middle = Math.ceil(points.length / 2);
    return [...(await writeHalving(context, mode, points.slice(0, middle))), ...(await writeHalving(context, mode, points.slice(middle)))];
  }
}
