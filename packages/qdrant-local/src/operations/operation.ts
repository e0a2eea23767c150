import { type ApiError, failure } from '../api/api-error.ts';
import { deferFilter } from '../filter/filter.ts';
import type { JsonObject, JsonValue } from '../json/json-value.ts';
import { type PointId, parseId } from '../points/point-id.ts';
import type { Collection } from '../storage/collection.ts';
import { checkStrictPoints, checkStrictWrite } from '../storage/strict-mode.ts';
import { embedDocument } from '../text/bm25.ts';
import type { NamedVectors } from '../vectors/vector-input.ts';

/** A change of points, read and validated but not yet applied; applying it may still throw (404, 400), then possibly with part of it done, as on the real server. */
export type Operation = (collection: Collection) => void;

/** Throws 501 where a request names a shard key. */
export function refuseShardKey(value: JsonValue): void {
  if (value !== null) throw failure.missing('shard_key');
}

/** Throws 400 where a request names no point at all. */
export function refuseEmpty(points: readonly unknown[]): void {
  if (points.length === 0) throw failure.badRequest('Empty update request');
}

/** Which points an operation is for: ids in the order given, or all that pass a filter. */
export type Target = (collection: Collection) => PointId[];

/** `points` or `filter` of a body; `missing` is the error where it has neither. Throws 400, 422. */
export function readTarget(body: JsonObject, missing: () => ApiError): Target {
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
  if (filter === null) throw missing();
  const compile = deferFilter(filter, 'filter');
  return (collection) => {
    checkStrictWrite(collection, filter);
    const ids: PointId[] = [];
    collection.walk({ check: compile(collection) }, (id) => ids.push(id));
    return ids;
  };
}

/** What a write of vectors does before its first point: strict mode's limits, documents become vectors, dimensions are checked. Throws 400, 500. */
export function prepareVectors(collection: Collection, points: { vectors: NamedVectors }[], limit: 'upsert limit' | 'update limit'): void {
  checkStrictPoints(collection, points.length, limit);
  for (const { vectors } of points) {
    for (const [name, vector] of vectors)
      if (vector.kind === 'document') vectors.set(name, embedDocument(vector, 'stored', collection.features));
  }
  for (const { vectors } of points) collection.checkDimensions(vectors);
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
