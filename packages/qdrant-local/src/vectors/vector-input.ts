import { failure } from '../api/api-error.ts';
import type { JsonReader } from '../json/json-reader.ts';
import { isObject, type JsonObject, type JsonValue } from '../json/json-value.ts';

const NO_VARIANT = 'data did not match any variant of untagged enum';
const U32_MAX = 4294967295n;

/** The `vector` of a point: one vector (which is the unnamed one) or an object of named vectors. `path` names the field in validation errors. Throws 400, 422. */
export function readPointVectors(reader: JsonReader, path: string): NamedVectors {
  const first = reader.peek();
  if (first === 0x5b) {
    const values = reader.floats();
    if (values !== undefined) return new Map([['', nonEmpty(values, `${path}.vector`)]]);
  }
  if (first !== 0x7b) return new Map([['', toUnnamedVector(reader.value(), path)]]);
  const start = reader.pos;
  const vectors: NamedVectors = new Map();
  let foreign = false;
  reader.object((name) => {
    const vector = foreign ? undefined : readNamed(reader, `${path}.?`);
    if (vector === undefined) {
      foreign = true;
      reader.value();
    } else vectors.set(name, vector);
  });
  if (!foreign) return vectors;
  reader.pos = start;
  return new Map([['', toUnnamedVector(reader.value(), path)]]);
}

/** A named vector at the reader's place; undefined, without moving, where it is neither a vector nor a document. */
function readNamed(reader: JsonReader, path: string): VectorInput | undefined {
  if (reader.peek() === 0x5b) {
    const values = reader.floats();
    if (values !== undefined) return nonEmpty(values, `${path}.vector`);
  }
  const start = reader.pos;
  const vector = toVector(reader.value(), path);
  if (vector === undefined) reader.pos = start;
  return vector;
}

/** A vector spelled where no name stands: an array of arrays there is always a multivector, never a sparse one. */
export function toUnnamedVector(value: JsonValue, path: string): VectorInput {
  const vector = toDense(value, path) ?? toMulti(value, path) ?? toDocument(value);
  if (vector === undefined) throw failure.format(`${NO_VARIANT} VectorStruct`);
  return vector;
}

/**
 * A vector of any kind, tried in the server's order: dense, sparse, multi, document. Hence the trap that two rows of which the first holds whole numbers only
 * (`[[1,2],[3,4]]`) are a *sparse* vector's indices and values. Undefined where it is none.
 */
export function toVector(value: JsonValue, path: string): VectorInput | undefined {
  return toDense(value, path) ?? toSparse(value, path) ?? toMulti(value, path) ?? toDocument(value);
}

function toDense(value: JsonValue, path: string): DenseVector | undefined {
  const values = floatList(value);
  return values === undefined ? undefined : nonEmpty(values, `${path}.vector`);
}

function nonEmpty(values: Float32Array, path: string): DenseVector {
  if (values.length === 0) throw failure.validation(path, 'dense vector must not be empty');
  return { kind: 'dense', values };
}

function floatList(value: JsonValue | undefined): Float32Array | undefined {
  if (!Array.isArray(value)) return undefined;
  const values = new Float32Array(value.length);
  for (const [i, item] of value.entries()) {
    if (typeof item !== 'number' && typeof item !== 'bigint') return undefined;
    values[i] = Number(item);
  }
  return values;
}

function toSparse(value: JsonValue, path: string): SparseVector | undefined {
  const pair = Array.isArray(value)
    ? value.length === 2
      ? value
      : undefined
    : isObject(value)
      ? [value.get('indices'), value.get('values')]
      : undefined;
  if (pair === undefined) return undefined;
  const indices = indexList(pair[0]);
  const values = floatList(pair[1]);
  if (indices === undefined || values === undefined) return undefined;
  return sortedSparse(indices, values, path);
}

function indexList(value: JsonValue | undefined): Uint32Array | undefined {
  if (!Array.isArray(value)) return undefined;
  const indices = new Uint32Array(value.length);
  for (const [i, item] of value.entries()) {
    if (typeof item !== 'bigint' || item < 0n || item > U32_MAX) return undefined;
    indices[i] = Number(item);
  }
  return indices;
}

/** Throws 422 where an index comes twice or the lengths differ. */
function sortedSparse(indices: Uint32Array, values: Float32Array, path: string): SparseVector {
  if (indices.length !== values.length)
    throw failure.validation(`${path}.values`, 'Validation error: must be the same length as indices [{}]');
  if (new Set(indices).size !== indices.length) throw failure.validation(`${path}.indices`, 'Validation error: must be unique [{}]');
  const order = Array.from(indices.keys()).sort((a, b) => (indices[a] ?? 0) - (indices[b] ?? 0));
  return {
    kind: 'sparse',
    indices: Uint32Array.from(order, (i) => indices[i] ?? 0),
    values: Float32Array.from(order, (i) => values[i] ?? 0),
  };
}

function toMulti(value: JsonValue, path: string): MultiVector | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const rows: Float32Array[] = [];
  for (const item of value) {
    const row = floatList(item);
    if (row === undefined) return undefined;
    rows.push(row);
  }
  const width = rows[0]?.length ?? 0;
  if (width === 0) throw failure.validation(`${path}.data`, 'all vectors must be non-empty');
  const odd = rows.find((row) => row.length !== width);
  if (odd !== undefined)
    throw failure.validation(`${path}.data`, `all vectors must have the same dimension, found vector with dimension ${odd.length}`);
  const values = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) values.set(row, i * width);
  return { kind: 'multi', values, rows: rows.length };
}

/** A list stands for a document, too: its text, model and options in a row. */
function toDocument(value: JsonValue): VectorInput | undefined {
  const [text, model, options] = Array.isArray(value)
    ? value
    : isObject(value)
      ? [value.get('text'), value.get('model'), value.get('options')]
      : [];
  const other = isObject(value) && (value.has('image') || value.has('object'));
  if ((typeof text !== 'string' && !other) || typeof model !== 'string') return undefined;
  return { kind: 'document', text: typeof text === 'string' ? text : undefined, model, options: isObject(options) ? options : new Map() };
}

export type DenseVector = { kind: 'dense'; values: Float32Array };
/** Indices ascending and unique; values at the same places. */
export type SparseVector = { kind: 'sparse'; indices: Uint32Array; values: Float32Array };
/** Rows of equal length, row-major. */
export type MultiVector = { kind: 'multi'; values: Float32Array; rows: number };
/** A document to be turned into a vector by a model; only `qdrant/bm25` is built in. `text` is undefined for images and objects. */
export type InferenceDocument = { kind: 'document'; text: string | undefined; model: string; options: JsonObject };

/** A vector as a request gives it. */
export type VectorInput = DenseVector | SparseVector | MultiVector | InferenceDocument;
/** The vectors of one point by name; the unnamed vector is `''`. */
export type NamedVectors = Map<string, VectorInput>;
