import { configJson } from '../config/collection-config.ts';
import { datetimeMicros } from '../filter/value-checks.ts';
import { isObject, type JsonObject, type JsonValue } from '../json/json-value.ts';
import { parsePath, valuesAt } from '../points/json-path.ts';
import { uuidId } from '../points/point-id.ts';
import type { Collection } from './collection.ts';

const BYTES_PER_FLOAT = 4;

/**
 * The answer of `GET /collections/{name}`. Nothing is ever indexed here, every search scans; but status and `indexed_vectors_count` tell what a real server would:
 * yellow at the first look after a change that makes it work, then green, with all dense vectors indexed where a vector's data are past `indexing_threshold`.
 */
export function collectionInfo(collection: Collection, options: { updateQueue: boolean }): JsonObject {
  const working = collection.optimizing;
  collection.optimizing = false;
  const counts = pointsPerIndex(collection);
  const info: JsonObject = new Map<string, JsonValue>([
    ['status', working ? 'yellow' : 'green'],
    ['optimizer_status', 'ok'],
    ['indexed_vectors_count', BigInt(working ? 0 : indexedVectors(collection))],
    ['points_count', BigInt(collection.size)],
    ['segments_count', 2n],
    ['config', configJson(collection.config)],
    ['payload_schema', collection.indexes.json((field) => counts.get(field) ?? 0)],
  ]);
  if (options.updateQueue) info.set('update_queue', updateQueue(collection));
  return info;
}

/** How many dense vectors an index would hold: all or none, by the kilobytes of the largest vector. An `indexing_threshold` of 0 switches indexing off. */
export function indexedVectors(collection: Collection): number {
  const threshold = Number(collection.config.optimizers.get('indexing_threshold') ?? 0);
  let largest = 0;
  let vectors = 0;
  for (const column of collection.columns.values()) {
    if (column.kind === 'sparse') continue;
    vectors += column.count;
    largest = Math.max(largest, (column.count * column.dimensions * BYTES_PER_FLOAT) / 1024);
  }
  return threshold > 0 && largest > threshold ? vectors : 0;
}

function updateQueue(collection: Collection): JsonObject {
  const queue: JsonObject = new Map<string, JsonValue>([['length', 0n]]);
  if (collection.config.optimizers.get('prevent_unoptimized') === true) queue.set('deferred_points', 0n);
  return queue;
}

const I64_MAX = 9223372036854775807n;

/** What an index of a type takes in. */
const INDEXED: Record<string, (value: JsonValue) => boolean> = {
  keyword: (value) => typeof value === 'string',
  text: (value) => typeof value === 'string',
  integer: (value) => typeof value === 'bigint' && value <= I64_MAX,
  float: (value) => typeof value === 'bigint' || typeof value === 'number',
  bool: (value) => typeof value === 'boolean',
  uuid: (value) => typeof value === 'string' && uuidId(value) !== undefined,
  datetime: (value) => typeof value === 'string' && datetimeMicros(value) !== undefined,
  geo: (value) => isObject(value) && value.has('lon') && value.has('lat'),
};

type Counted = { operations: number; counts: Map<string, number> };
const counted = new WeakMap<Collection, Counted>();

/** For every payload index the number of points it holds. Counting looks at every point, so it is done once per state of the collection. */
function pointsPerIndex(collection: Collection): ReadonlyMap<string, number> {
  const known = counted.get(collection);
  if (known?.operations === collection.operations) return known.counts;
  const counts = new Map(collection.indexes.entries().map(([field, { type }]) => [field, countPoints(collection, field, type)]));
  counted.set(collection, { operations: collection.operations, counts });
  return counts;
}

function countPoints(collection: Collection, field: string, type: string): number {
  const path = parsePath(field);
  const takes = INDEXED[type];
  if (path === undefined || takes === undefined) return 0;
  const holds = (value: JsonValue): boolean => (Array.isArray(value) ? value.some(takes) : takes(value));
  let count = 0;
  collection.walk({}, (_id, slot) => {
    if (valuesAt(collection.field(slot, path.first), path).some(holds)) count++;
  });
  return count;
}
