import { failure } from '../api-error.ts';
import { type PointId, readId } from '../ids/point-id.ts';
import type { JsonReader } from '../json/json-reader.ts';
import { jsonText } from '../json/json-text.ts';
import { isObject, type JsonValue } from '../json/json-value.ts';
import { checkDimensions, checkVectors } from '../storage/check-vectors.ts';
import { type Collection, EMPTY_PAYLOAD } from '../storage/collection.ts';
import { checkStrictPoints } from '../storage/strict-mode.ts';
import { embedDocuments } from '../vectors/embed-documents.ts';
import { readPointVectors } from '../vectors/read-vector.ts';
import type { NamedVectors } from '../vectors/vector-value.ts';
import { readBatch } from './batch-points.ts';
import { type DeferredFilter, type Operation, readFilter, refuseEmpty } from './operation.ts';

const MODES = ['upsert', 'insert_only', 'update_only'] as const;
export type UpdateMode = (typeof MODES)[number];
/** A point as a request gives it; `payload` is canonical JSON text. */
export type GivenPoint = { id: PointId; payload: string; vectors: NamedVectors };
export type Upsert = { points: GivenPoint[]; mode: UpdateMode; filter: DeferredFilter | undefined };

/** Reads the body of an upsert, `points` or `batch`, without a tree for its vectors. Throws 400, 422. */
export function readUpsert(reader: JsonReader, options: { modes: boolean; filters: boolean }): Upsert {
  let points: GivenPoint[] | undefined;
  let mode: UpdateMode = 'upsert';
  let filter: DeferredFilter | undefined;
  let batch = false;
  reader.object((key) => {
    if (key === 'points' && !batch) points = readPoints(reader);
    else if (key === 'batch') {
      batch = true;
      points = readBatch(reader.value());
    } else if (key === 'update_mode' && options.modes) mode = parseMode(reader.value());
    else if (key === 'update_filter' && options.filters) filter = readFilter(reader, 'update_filter');
    else if (key === 'shard_key') refuseShardKey(reader.value());
    else reader.value();
  });
  if (points === undefined) throw failure.format('Invalid PointInsertOperations format');
  return { points, mode, filter };
}

export function refuseShardKey(value: JsonValue): void {
  if (value !== null) throw failure.missing('shard_key');
}

function parseMode(value: JsonValue): UpdateMode {
  if (value === null) return 'upsert';
  const mode = MODES.find((name) => name === value);
  if (mode === undefined)
    throw failure.format(`unknown variant \`${String(value)}\`, expected one of \`upsert\`, \`insert_only\`, \`update_only\``);
  return mode;
}

function readPoints(reader: JsonReader): GivenPoint[] {
  const points: GivenPoint[] = [];
  reader.array((index) => points.push(readPoint(reader, index)));
  return points;
}

function readPoint(reader: JsonReader, index: number): GivenPoint {
  let id: PointId | undefined;
  let vectors: NamedVectors | undefined;
  let payload = EMPTY_PAYLOAD;
  reader.object((key) => {
    if (key === 'id') id = readId(reader);
    else if (key === 'vector' || key === 'vectors') vectors = readPointVectors(reader, `points[${index}].vector`);
    else if (key === 'payload') payload = payloadText(reader.value());
    else reader.value();
  });
  if (id === undefined) throw failure.format('missing field `id`');
  if (vectors === undefined) throw failure.format('missing field `vector`');
  return { id, payload, vectors };
}

/** The canonical text of a payload; null is an empty one. Throws 400 for anything but an object. */
export function payloadText(value: JsonValue): string {
  if (value === null) return EMPTY_PAYLOAD;
  if (!isObject(value)) throw failure.format('invalid type, expected a map');
  return flat(jsonText(value));
}

/** A text put together from pieces keeps every piece in memory; a copy from bytes is one plain string, half the size or less. */
function flat(text: string): string {
  return Buffer.from(text).toString();
}

/**
 * Makes the operation of an upsert. Existing points are replaced whole. With `insert_only` they are left alone, with `update_only` absent ones are; with
 * `update_filter` existing points must pass it. What counts as existing is the state before the request, and of an id given twice the last one wins.
 */
export function upsertOperation({ points, mode, filter }: Upsert): Operation {
  return (collection) => {
    refuseEmpty(points);
    checkStrictPoints(collection, points.length, 'upsert limit');
    embedDocuments(
      points.map((point) => point.vectors),
      { role: 'document', features: collection.features },
    );
    for (const point of points) checkDimensions(collection, point.vectors);
    const check = filter?.(collection);
    const wanted = mode === 'upsert' && check === undefined ? points : points.filter((point) => accepts(collection, point.id, mode, check));
    for (const { id, payload, vectors } of wanted) {
      checkVectors(collection, vectors);
      collection.put(id, payload, vectors);
    }
  };
}

function accepts(collection: Collection, id: PointId, mode: UpdateMode, check: ReturnType<DeferredFilter> | undefined): boolean {
  const slot = collection.slotOf(id);
  if (slot === undefined) return mode !== 'update_only';
  return mode !== 'insert_only' && (check === undefined || check(collection.view(id, slot)));
}
