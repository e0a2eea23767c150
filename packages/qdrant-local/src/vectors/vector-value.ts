import type { JsonObject } from '../json/json-value.ts';

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
