import { configJson } from '../config/collection-config.ts';
import type { JsonObject, JsonValue } from '../json/json-value.ts';
import type { Collection } from './collection.ts';
import { pointsPerIndex } from './points-per-index.ts';

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
