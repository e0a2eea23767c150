import { failure } from '../api-error.ts';
import type { PointId } from '../ids/point-id.ts';
import { parseId } from '../ids/point-id.ts';
import type { JsonObject } from '../json/json-value.ts';
import type { Collection } from '../storage/collection.ts';
import { checkStrictWrite } from '../storage/strict-mode.ts';
import { deferFilter, matchingIds, refuseEmpty } from './operation.ts';
import { refuseShardKey } from './upsert.ts';

/** Which points an operation is for: ids in the order given, or all that pass a filter. */
export type Target = (collection: Collection) => PointId[];

/** `points` or `filter` of a body; undefined where it has neither. Throws 400, 422. */
export function readTarget(body: JsonObject): Target | undefined {
  refuseShardKey(body.get('shard_key') ?? null);
  const points = body.get('points') ?? null;
  if (points !== null) {
    if (!Array.isArray(points)) throw failure.format('invalid type, expected a sequence');
    const ids = points.map(parseId);
    return () => {
      refuseEmpty(ids);
      return ids;
    };
  }
  const filter = body.get('filter') ?? null;
  if (filter === null) return undefined;
  const compile = deferFilter(filter, 'filter');
  return (collection) => {
    checkStrictWrite(collection, filter);
    return matchingIds(collection, compile(collection));
  };
}

const CHUNK = 32;

/**
 * Changes the target's points in groups of 32, as the server does: a missing id is only noticed when the rest of its group is written, so the answer is 404
 * with part of the request done, and nothing of later groups.
 */
export function forEachPoint(collection: Collection, ids: PointId[], change: (slot: number, id: PointId) => void): void {
  for (let from = 0; from < ids.length; from += CHUNK) {
    const group = ids.slice(from, from + CHUNK);
    let missing: PointId | undefined;
    for (const id of group) {
      const slot = collection.slotOf(id);
      if (slot === undefined) missing ??= id;
      else change(slot, id);
    }
    if (missing !== undefined) throw failure.notFound(`No point with id ${missing} found`);
  }
}
