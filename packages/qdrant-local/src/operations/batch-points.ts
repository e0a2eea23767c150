import { failure } from '../api-error.ts';
import { parseId } from '../ids/point-id.ts';
import { isObject, type JsonValue } from '../json/json-value.ts';
import { EMPTY_PAYLOAD } from '../storage/collection.ts';
import { toUnnamedVector, toVector } from '../vectors/read-vector.ts';
import type { NamedVectors, VectorInput } from '../vectors/vector-value.ts';
import { type GivenPoint, payloadText } from './upsert.ts';

/** The points of a `batch`: ids, vectors (a list, or a list per name) and payloads, each in the same order. Throws 400, 422 where their numbers differ. */
export function readBatch(value: JsonValue): GivenPoint[] {
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
      return [name, list.map((item) => toVector(item, 'batch.vectors.?') ?? fail())];
    }),
  );
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

function fail(): never {
  throw noVariant();
}
