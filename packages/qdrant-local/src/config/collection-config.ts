import { failure } from '../api/api-error.ts';
import { isObject, type JsonObject, type JsonValue } from '../json/json-value.ts';
import { DISTANCES } from '../vectors/stored-form.ts';
import { pickFields } from './field-table.ts';
import { checkVectorNames } from './names.ts';
import { HNSW, OPTIMIZERS, PARAMS, QUANTIZATION, SPARSE_VECTOR, STRICT_MODE, VECTOR, WAL } from './sections.ts';

/**
 * The configuration of a collection, as JSON sections in the server's own field names.
 * `onlyUnnamed`: created with one vector config instead of a map of names; its one vector is then `''` here, and shown without a name.
 */
export type CollectionConfig = {
  onlyUnnamed: boolean;
  vectors: Map<string, JsonObject>;
  sparse: Map<string, JsonObject>;
  /** Whether sparse vectors were ever declared: an empty map is then shown. */
  showSparse: boolean;
  params: JsonObject;
  hnsw: JsonObject;
  optimizers: JsonObject;
  wal: JsonObject;
  quantization: JsonObject | null;
  strictMode: JsonObject | null;
  metadata: JsonObject | null;
};

const DEFAULTS = {
  params: { shard_number: 1n, replication_factor: 1n, write_consistency_factor: 1n, on_disk_payload: true },
  hnsw: { m: 16n, ef_construct: 100n, full_scan_threshold: 10000n, max_indexing_threads: 0n, on_disk: false },
  optimizers: {
    deleted_threshold: 0.2,
    vacuum_min_vector_number: 1000n,
    default_segment_number: 0n,
    max_segment_size: null,
    memmap_threshold: null,
    indexing_threshold: 10000n,
    flush_interval_sec: 5n,
    max_optimization_threads: null,
    prevent_unoptimized: null,
  },
  wal: { wal_capacity_mb: 32n, wal_segments_ahead: 0n, wal_retain_closed: 1n },
} satisfies Record<string, Record<string, JsonValue>>;

/** The config that the body of `PUT /collections/{name}` asks for. Throws 400, 422; 501 for custom sharding. */
export function createConfig(body: JsonObject): CollectionConfig {
  const vectors = readVectors(body.get('vectors'));
  const sparse = readSparse(body.get('sparse_vectors'));
  checkVectorNames({ ...vectors, sparse });
  const params = section(DEFAULTS.params, pickFields(PARAMS, body, ''));
  if (params.get('sharding_method') === 'custom') throw failure.missing('sharding_method custom');
  return {
    ...vectors,
    sparse,
    showSparse: isObject(body.get('sparse_vectors')),
    params,
    hnsw: section(DEFAULTS.hnsw, pickSection(body, 'hnsw_config', HNSW)),
    optimizers: section(DEFAULTS.optimizers, pickOptimizers(body)),
    wal: section(DEFAULTS.wal, pickSection(body, 'wal_config', WAL)),
    quantization: readQuantization(body.get('quantization_config') ?? body.get('quantization')),
    strictMode: isObject(body.get('strict_mode_config')) ? pickSection(body, 'strict_mode_config', STRICT_MODE) : null,
    metadata: readMetadata(body.get('metadata')),
  };
}

function section(defaults: Record<string, JsonValue>, given: JsonObject): JsonObject {
  return new Map<string, JsonValue>([...Object.entries(defaults), ...given]);
}

/** The fields that `body[name]` gives for a section; empty where it is absent. */
export function pickSection(body: JsonObject, name: string, fields: Parameters<typeof pickFields>[0]): JsonObject {
  const value = body.get(name);
  if (value === undefined || value === null) return new Map();
  if (!isObject(value)) throw failure.format(`invalid type for ${name}, expected a map`);
  return pickFields(fields, value, name);
}

/** Both spellings that the server takes for the optimizers' section. */
export function pickOptimizers(body: JsonObject): JsonObject {
  return pickSection(body, body.has('optimizer_config') ? 'optimizer_config' : 'optimizers_config', OPTIMIZERS);
}

function readVectors(value: JsonValue | undefined): Pick<CollectionConfig, 'onlyUnnamed' | 'vectors'> {
  if (value === undefined) return { onlyUnnamed: false, vectors: new Map() };
  if (!isObject(value)) throw noVectorsConfig();
  const onlyUnnamed = value.has('size') && !isObject(value.get('size'));
  const entries: [string, JsonValue][] = onlyUnnamed ? [['', value]] : [...value];
  const vectors = entries.map(([name, params]): [string, JsonObject] => [
    name,
    vectorParams(params, onlyUnnamed ? 'vectors' : `vectors.${name}`),
  ]);
  return { onlyUnnamed, vectors: new Map(vectors.sort(([a], [b]) => (a < b ? -1 : 1))) };
}

function noVectorsConfig() {
  return failure.format('data did not match any variant of untagged enum VectorsConfig');
}

/** The config of one dense vector. Whatever serde could not read is the same 400; a size past 65536 is a 422; 501 for turbo4. */
function vectorParams(value: JsonValue, path: string): JsonObject {
  if (!isObject(value)) throw noVectorsConfig();
  const size = value.get('size');
  if (typeof size !== 'bigint' || size < 1n || !DISTANCES.some((distance) => distance === value.get('distance'))) throw noVectorsConfig();
  const params = pickFields(VECTOR, value, path);
  if (params.get('datatype') === 'turbo4') throw failure.missing('datatype turbo4');
  return params;
}

function readSparse(value: JsonValue | undefined): Map<string, JsonObject> {
  if (value === undefined || value === null) return new Map();
  if (!isObject(value)) throw failure.format('invalid type for sparse_vectors, expected a map');
  return new Map(
    [...value]
      .map(([name, params]): [string, JsonObject] => [name, sparseParams(params, `sparse_vectors.${name}`)])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function sparseParams(value: JsonValue, path: string): JsonObject {
  if (value === null) return new Map();
  if (!isObject(value)) throw failure.format('invalid type, expected struct SparseVectorParams');
  return pickFields(SPARSE_VECTOR, value, path);
}

const NEEDED: Readonly<Record<string, string>> = { scalar: 'type', product: 'compression' };

export function readQuantization(value: JsonValue | undefined): JsonObject | null {
  if (value === undefined || value === null) return null;
  const picked = isObject(value) ? pickFields(QUANTIZATION, value, 'quantization_config') : undefined;
  const [[kind, section] = []] = picked ?? [];
  const needed = kind === undefined ? undefined : NEEDED[kind];
  const lacks = needed !== undefined && !(isObject(section) && section.has(needed));
  if (picked?.size !== 1 || lacks) throw failure.format('data did not match any variant of untagged enum QuantizationConfig');
  return picked;
}

/** Any object, kept as it comes; null where there is none. */
export function readMetadata(value: JsonValue | undefined): JsonObject | null {
  if (value === undefined || value === null) return null;
  if (!isObject(value)) throw failure.format('invalid type for metadata, expected a map');
  return value;
}

/** The `config` of a collection's info. */
export function configJson(config: CollectionConfig): JsonObject {
  const params: JsonObject = new Map();
  const only = config.onlyUnnamed ? config.vectors.get('') : undefined;
  params.set('vectors', only ?? new Map(config.vectors));
  for (const [name, value] of config.params) params.set(name, value);
  if (config.showSparse) params.set('sparse_vectors', new Map(config.sparse));
  const json: JsonObject = new Map<string, JsonValue>([
    ['params', params],
    ['hnsw_config', config.hnsw],
    ['optimizer_config', config.optimizers],
    ['wal_config', config.wal],
    ['quantization_config', config.quantization],
  ]);
  if (config.strictMode !== null) json.set('strict_mode_config', config.strictMode);
  if (config.metadata !== null) json.set('metadata', config.metadata);
  return json;
}
