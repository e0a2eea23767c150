import { failure } from '../api-error.ts';
import { checkingContext, collectionContext, compileFilter } from '../filter/filter.ts';
import type { Check } from '../filter/point-view.ts';
import { type PointId, readId } from '../ids/point-id.ts';
import type { JsonReader } from '../json/json-reader.ts';
import type { JsonValue } from '../json/json-value.ts';
import type { Collection } from '../storage/collection.ts';

/** A change of points, read and validated but not yet applied; applying it may still throw (404, 400), then possibly with part of it done, as on the real server. */
export type Operation = (collection: Collection) => void;

/** A filter that was read before its collection is known: checked at once, compiled for the collection when applied. */
export type DeferredFilter = (collection: Collection) => Check;

/** Throws 400, 422 at once where the filter is wrong. */
export function deferFilter(value: JsonValue, path: string): DeferredFilter {
  compileFilter(value, checkingContext(path));
  return (collection) => compileFilter(value, collectionContext(path, collection));
}

/** `update_filter` and `filter` of a body; undefined for null. */
export function readFilter(reader: JsonReader, path: string): DeferredFilter | undefined {
  const value = reader.value();
  return value === null ? undefined : deferFilter(value, path);
}

export function readIds(reader: JsonReader): PointId[] {
  const ids: PointId[] = [];
  reader.array(() => ids.push(readId(reader)));
  return ids;
}

/** Throws 400 where a request names no point at all. */
export function refuseEmpty(points: readonly unknown[]): void {
  if (points.length === 0) throw failure.badRequest('Empty update request');
}

/** The ids of all points that pass, in scroll order. */
export function matchingIds(collection: Collection, check: Check): PointId[] {
  const ids: PointId[] = [];
  collection.order.walk(undefined, (id, slot) => {
    if (check(collection.view(id, slot))) ids.push(id);
    return true;
  });
  return ids;
}
