import { configJson } from '../config/collection-config.ts';
import { datetimeMicros } from '../filter/datetime.ts';
import { uuidId } from '../ids/point-id.ts';
import { isObject, type JsonObject, type JsonValue } from '../json/json-value.ts';
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
    ['payload_schema', collection.indexes.json((field, type) => pointsWith(collection, field, type))],
  ]);
  if (options.updateQueue) info.set('update_queue', updateQueue(collection));
  return info;
}

const INDEXED: Record<string, (value: JsonValue) => boolean> = {
  keyword: (value) => typeof value === 'string',
  text: (value) => typeof value === 'string',
  integer: (value) => typeof value === 'bigint' && value <= 9223372036854775807n,
  float: (value) => typeof value === 'bigint' || typeof value === 'number',
  bool: (value) => typeof value === 'boolean',
  uuid: (value) => typeof value === 'string' && uuidId(value) !== undefined,
  datetime: (value) => typeof value === 'string' && datetimeMicros(value) !== undefined,
  geo: (value) => isObject(value) && value.has('lon') && value.has('lat'),
};

function updateQueue(collection: Collection): JsonObject {
  const queue: JsonObject = new Map<string, JsonValue>([['length', 0n]]);
  if (collection.config.optimizers.get('prevent_unoptimized') === true) queue.set('deferred_points', 0n);
  return queue;
}

/** How many points have a value at the field that an index of the type takes in. */
function pointsWith(collection: Collection, field: string, type: string): number {
  const path = parsePath(field);
  const takes = INDEXED[type] ?? (() => false);
  const holds = (value: JsonValue): boolean => (Array.isArray(value) ? value.some(takes) : takes(value));
  if (path === undefined) return 0;
  let count = 0;
  collection.order.walk(undefined, (_id, slot) => {
    if (valuesAt(collection.field(slot, path.first), path).some(holds)) count++;
    return true;
  });
  return count;
}
