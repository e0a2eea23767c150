import { exactInteger } from '@reembed/contracts';
import type { CollectionInfo, DenseVectorParams, IndexingState } from '@reembed/core';

type JsonObject = Readonly<Record<string, unknown>>;

/** The `result` of `GET /collections/{c}`, as far as it is read. */
export type CollectionResult = {
  readonly status: string;
  readonly points_count?: number | null | undefined;
  readonly config: {
    readonly params: JsonObject;
    readonly hnsw_config: JsonObject;
    readonly optimizer_config: JsonObject;
    readonly wal_config?: JsonObject | null | undefined;
    readonly quantization_config?: JsonObject | null | undefined;
    readonly strict_mode_config?: JsonObject | null | undefined;
    readonly metadata?: JsonObject | null | undefined;
  };
  readonly payload_schema: Readonly<Record<string, unknown>>;
};

/** Qdrant's description of a collection in the port's words. */
export function toCollectionInfo(name: string, result: CollectionResult): CollectionInfo {
  const { config } = result;
  const { vectors, sparse_vectors, ...params } = config.params;
  return {
    name,
    status: result.status,
    pointsCount: result.points_count ?? 0,
    vectors: toDenseVectors((vectors ?? {}) as JsonObject),
    sparseVectors: (sparse_vectors ?? {}) as Record<string, JsonObject>,
    params,
    hnswConfig: config.hnsw_config,
    optimizersConfig: config.optimizer_config,
    walConfig: config.wal_config ?? null,
    quantizationConfig: config.quantization_config ?? null,
    strictModeConfig: config.strict_mode_config ?? null,
    metadata: bigintsToRawJson(config.metadata ?? {}) as JsonObject,
    payloadSchema: Object.fromEntries(Object.entries(result.payload_schema).map(([field, index]) => [field, toFieldSchema(index)])),
  };
}

/** One unnamed vector stands bare, `{size, distance}`; several stand by name, where even `size` may be one. */
function toDenseVectors(vectors: JsonObject): Record<string, DenseVectorParams> {
  if (typeof vectors.size === 'number') return { '': vectors as DenseVectorParams };
  return vectors as Record<string, DenseVectorParams>;
}

/**
 * An entry of `payload_schema` as `PUT /collections/{c}/index` takes it in `field_schema`: a bare type where it was given so, else `params`,
 * which carries the type itself, without parameters that were not set and are reported as null.
 */
export function toFieldSchema(index: unknown): unknown {
  const { data_type, params = null } = index as { data_type: string; params?: JsonObject | null };
  if (params === null) return data_type;
  return { type: data_type, ...Object.fromEntries(Object.entries(params).filter(([, value]) => value !== null)) };
}

/** The client reads integers past 2^53 as bigint, which JSON.stringify refuses. */
function bigintsToRawJson(value: unknown): unknown {
  if (typeof value === 'bigint') return exactInteger(value);
  if (Array.isArray(value)) return value.map(bigintsToRawJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, bigintsToRawJson(member)]));
}

/** What the same answer says of indexing. */
export type IndexingResult = {
  readonly status: string;
  readonly optimizer_status: string | { readonly error: string };
  readonly points_count?: number | null;
  readonly indexed_vectors_count?: number | null;
  readonly update_queue?: { readonly length: number } | null;
};

/** How far indexing has come, in the port's words. */
export function toIndexingState(result: IndexingResult, pendingOptimizations: number): IndexingState {
  const { optimizer_status: optimizer } = result;
  return {
    status: result.status,
    optimizerStatus: typeof optimizer === 'string' ? optimizer : optimizer.error,
    points: result.points_count ?? 0,
    indexedVectors: result.indexed_vectors_count ?? 0,
    pendingOptimizations,
    updateQueueLength: result.update_queue?.length ?? 0,
  };
}
