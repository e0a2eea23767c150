import { failure } from '../api/api-error.ts';
import type { Features } from '../api/versions.ts';
import type { Check } from '../filter/field-condition.ts';
import { type DeferredFilter, deferFilter } from '../filter/filter.ts';
import type { JsonReader } from '../json/json-reader.ts';
import { isObject, type JsonValue, jsonText } from '../json/json-value.ts';
import { type PointId, parseId } from '../points/point-id.ts';
import { type Collection, EMPTY_PAYLOAD } from '../storage/collection.ts';
import { type NamedVectors, readPointVectors, toUnnamedVector, toVector, type VectorInput } from '../vectors/vector-input.ts';
import { type Operation, prepareVectors, refuseEmpty, refuseShardKey } from './operation.ts';

const MODES = ['upsert', 'insert_only', 'update_only'] as const;
type UpdateMode = (typeof MODES)[number];
/** A point as a request gives it; `payload` is canonical JSON text. */
type GivenPoint = { id: PointId; payload: string; vectors: NamedVectors };
type Upsert = { points: GivenPoint[]; mode: UpdateMode; filter: DeferredFilter | undefined };

/**
 * Reads the body of an upsert, `points` or `batch`, without a tree for its vectors. Existing points are replaced whole. With `insert_only` they are left alone,
 * with `update_only` absent ones are; with `update_filter` existing points must pass it. What counts as existing is the state before the request, and of an id
 * given twice the last one wins. Throws 400, 422.
 */
export function readUpsert(reader: JsonReader, features: Features): Operation {
  let points: GivenPoint[] | undefined;
  let mode: UpdateMode = 'upsert';
  let filter: DeferredFilter | undefined;
  let batch = false;
  reader.object((key) => {
    if (key === 'points' && !batch) points = readPoints(reader);
    else if (key === 'batch') {
      batch = true;
      points = readBatch(reader.value());
    } else if (key === 'update_mode' && features.updateMode) mode = parseMode(reader.value());
    else if (key === 'update_filter' && features.updateFilter) filter = deferFilter(reader.value(), 'update_filter');
    else if (key === 'shard_key') refuseShardKey(reader.value());
    else reader.value();
  });
  if (points === undefined) throw failure.format('Invalid PointInsertOperations format');
  return upsert({ points, mode, filter });
}

function upsert({ points, mode, filter }: Upsert): Operation {
  return (collection) => {
    refuseEmpty(points);
    prepareVectors(collection, points, 'upsert limit');
    const check = filter?.(collection);
    const wanted = mode === 'upsert' && check === undefined ? points : points.filter((point) => accepts(collection, point.id, mode, check));
    for (const { id, payload, vectors } of wanted) {
      collection.checkVectors(vectors);
      collection.put(id, payload, vectors);
    }
  };
}

function accepts(collection: Collection, id: PointId, mode: UpdateMode, check: Check | undefined): boolean {
  const slot = collection.slotOf(id);
  if (slot === undefined) return mode !== 'update_only';
  return mode !== 'insert_only' && (check === undefined || check(collection.view(id, slot)));
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
    if (key === 'id') id = parseId(reader.value());
    else if (key === 'vector' || key === 'vectors') vectors = readPointVectors(reader, `points[${index}].vector`);
    else if (key === 'payload') payload = payloadText(reader.value());
    else reader.value();
  });
  if (id === undefined) throw failure.format('missing field `id`');
  if (vectors === undefined) throw failure.format('missing field `vector`');
  return { id, payload, vectors };
}

/** The canonical text of a payload; null is an empty one. Throws 400 for anything but an object. */
function payloadText(value: JsonValue): string {
  if (value === null) return EMPTY_PAYLOAD;
  if (!isObject(value)) throw failure.format('invalid type, expected a map');
  return flat(jsonText(value));
}

/** A text put together from pieces keeps every piece in memory; a copy from bytes is one plain string, half the size or less. */
function flat(text: string): string {
  return Buffer.from(text).toString();
}

/** The points of a `batch`: ids, vectors (a list, or a list per name) and payloads, each in the same order. Throws 400, 422 where their numbers differ. */
function readBatch(value: JsonValue): GivenPoint[] {
  if (!isObject(value)) throw failure.format('invalid type, expected struct Batch');
  const ids = value.get('ids');
  const vectors = value.get('vectors');
  const payloads = value.get('payloads') ?? null;
  if (!Array.isArray(ids)) throw failure.format('missing field `ids`');
  if (vectors === undefined) throw failure.format('missing field `vectors`');
  const columns = vectorLists(vectors);
  for (const list of columns.values()) if (list.length !== ids.length) throw unequal(ids.length, 'vectors', list.length);
  if (Array.isArray(payloads) && payloads.length !== ids.length) throw unequal(ids.length, 'payloads', payloads.length);
  return ids.map((id, i) => ({
    id: parseId(id),
    payload: Array.isArray(payloads) ? payloadText(payloads[i] ?? null) : EMPTY_PAYLOAD,
    vectors: row(columns, i),
  }));
}

function vectorLists(value: JsonValue): Map<string, VectorInput[]> {
  if (Array.isArray(value)) return new Map([['', value.map((item) => toUnnamedVector(item, 'batch.vectors'))]]);
  if (!isObject(value)) throw noVariant();
  return new Map(
    [...value].map(([name, list]): [string, VectorInput[]] => {
      if (!Array.isArray(list)) throw noVariant();
      return [name, list.map((item) => vectorOf(item))];
    }),
  );
}

function vectorOf(value: JsonValue): VectorInput {
  const vector = toVector(value, 'batch.vectors.?');
  if (vector === undefined) throw noVariant();
  return vector;
}

function row(columns: Map<string, VectorInput[]>, at: number): NamedVectors {
  const vectors: NamedVectors = new Map();
  for (const [name, list] of columns) {
    const vector = list[at];
    if (vector !== undefined) vectors.set(name, vector);
  }
  return vectors;
}

function unequal(ids: number, what: string, count: number) {
  return failure.validation('batch.batch', `number of ids and ${what} must be equal (${ids} != ${count})`);
}

function noVariant() {
  return failure.format('data did not match any variant of untagged enum BatchVectorStruct');
}
