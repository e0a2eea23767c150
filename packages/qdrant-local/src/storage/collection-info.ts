import { configJson } from '../config/collection-config.ts';
import type { JsonObject, JsonValue } from '../json/json-value.ts';
import { parsePath, valuesAt } from '../payload/json-path.ts';
import type { Collection } from './collection.ts';

/** The answer of `GET /collections/{name}`. Nothing is ever indexed here: every search scans, so `indexed_vectors_count` is 0 unless indexing would have run. */
export function collectionInfo(collection: Collection, options: { updateQueue: boolean }): JsonObject {
  const info: JsonObject = new Map<string, JsonValue>([
    ['status', collection.rebuilding ? 'yellow' : 'green'],
    ['optimizer_status', 'ok'],
    ['indexed_vectors_count', 0n],
    ['points_count', BigInt(collection.size)],
    ['segments_count', 2n],
    ['config', configJson(collection.config)],
    ['payload_schema', collection.indexes.json((field) => pointsWith(collection, field))],
  ]);
  if (options.updateQueue) info.set('update_queue', updateQueue(collection));
  return info;
}

function updateQueue(collection: Collection): JsonObject {
  const queue: JsonObject = new Map<string, JsonValue>([['length', 0n]]);
  if (collection.config.optimizers.get('prevent_unoptimized') === true) queue.set('deferred_points', 0n);
  return queue;
}

/** How many points have a value at the field. */
function pointsWith(collection: Collection, field: string): number {
  const path = parsePath(field);
  if (path === undefined) return 0;
  let count = 0;
  collection.order.walk(undefined, (_id, slot) => {
    if (valuesAt(collection.payload(slot), path).some((value) => value !== null)) count++;
    return true;
  });
  return count;
}
