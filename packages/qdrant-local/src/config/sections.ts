import { DATATYPES, DISTANCES } from '../vectors/stored-form.ts';
import type { FieldTable } from './field-table.ts';

const MEMORY = { kind: 'word', words: ['cold', 'cached', 'pinned'] } as const;
const QUANTIZED = { always_ram: { kind: 'bool' }, memory: MEMORY } as const satisfies FieldTable;

export const HNSW: FieldTable = {
  m: { kind: 'uint' },
  ef_construct: { kind: 'uint', min: 4 },
  full_scan_threshold: { kind: 'uint', min: 10 },
  max_indexing_threads: { kind: 'uint' },
  on_disk: { kind: 'bool' },
  memory: MEMORY,
  payload_m: { kind: 'uint' },
  inline_storage: { kind: 'bool' },
};

export const WAL: FieldTable = {
  wal_capacity_mb: { kind: 'uint', min: 1 },
  wal_segments_ahead: { kind: 'uint' },
  wal_retain_closed: { kind: 'uint' },
};

export const OPTIMIZERS: FieldTable = {
  deleted_threshold: { kind: 'float', min: 0, max: 1 },
  vacuum_min_vector_number: { kind: 'uint', min: 100 },
  default_segment_number: { kind: 'uint' },
  max_segment_size: { kind: 'uint', min: 1 },
  memmap_threshold: { kind: 'uint' },
  indexing_threshold: { kind: 'uint' },
  flush_interval_sec: { kind: 'uint' },
  max_optimization_threads: { kind: 'any' },
  prevent_unoptimized: { kind: 'bool' },
};

export const QUANTIZATION: FieldTable = {
  scalar: {
    kind: 'section',
    fields: { type: { kind: 'word', words: ['int8'] }, quantile: { kind: 'float', min: 0.5, max: 1 }, ...QUANTIZED },
  },
  product: { kind: 'section', fields: { compression: { kind: 'word', words: ['x4', 'x8', 'x16', 'x32', 'x64'] }, ...QUANTIZED } },
  binary: {
    kind: 'section',
    fields: {
      ...QUANTIZED,
      encoding: { kind: 'word', words: ['one_bit', 'two_bits', 'one_and_half_bits'] },
      query_encoding: { kind: 'word', words: ['default', 'binary', 'scalar4bits', 'scalar8bits'] },
    },
  },
  turbo: { kind: 'section', fields: { ...QUANTIZED, bits: { kind: 'word', words: ['bits1', 'bits1_5', 'bits2', 'bits4'] } } },
};

export const VECTOR: FieldTable = {
  size: { kind: 'uint', min: 1, max: 65536 },
  distance: { kind: 'word', words: DISTANCES },
  hnsw_config: { kind: 'section', fields: HNSW },
  quantization_config: { kind: 'section', fields: QUANTIZATION },
  on_disk: { kind: 'bool' },
  memory: MEMORY,
  datatype: { kind: 'word', words: [...DATATYPES, 'turbo4'] },
  multivector_config: { kind: 'section', fields: { comparator: { kind: 'word', words: ['max_sim'] } } },
};

export const SPARSE_VECTOR: FieldTable = {
  index: {
    kind: 'section',
    fields: {
      full_scan_threshold: { kind: 'uint' },
      on_disk: { kind: 'bool' },
      memory: MEMORY,
      datatype: { kind: 'word', words: DATATYPES },
    },
  },
  modifier: { kind: 'word', words: ['none', 'idf'] },
};

/** What may be said of a dense vector that is added in place. */
export const VECTOR_IN_PLACE: FieldTable = {
  size: { kind: 'uint', min: 1, max: 65536 },
  distance: { kind: 'word', words: DISTANCES },
  datatype: { kind: 'word', words: DATATYPES },
  multivector_config: { kind: 'section', fields: { comparator: { kind: 'word', words: ['max_sim'] } } },
};

/** What may be said of a sparse one. */
export const SPARSE_VECTOR_IN_PLACE: FieldTable = {
  modifier: { kind: 'word', words: ['none', 'idf'] },
  datatype: { kind: 'word', words: DATATYPES },
};

export const STRICT_MODE: FieldTable = {
  enabled: { kind: 'bool' },
  max_query_limit: { kind: 'uint', min: 1 },
  max_timeout: { kind: 'uint', min: 1 },
  unindexed_filtering_retrieve: { kind: 'bool' },
  unindexed_filtering_update: { kind: 'bool' },
  search_max_hnsw_ef: { kind: 'uint' },
  search_allow_exact: { kind: 'bool' },
  search_max_oversampling: { kind: 'float' },
  upsert_max_batchsize: { kind: 'uint' },
  search_max_batchsize: { kind: 'uint' },
  max_collection_vector_size_bytes: { kind: 'uint' },
  read_rate_limit: { kind: 'uint', min: 1 },
  write_rate_limit: { kind: 'uint', min: 1 },
  max_collection_payload_size_bytes: { kind: 'uint' },
  max_points_count: { kind: 'uint', min: 1 },
  filter_max_conditions: { kind: 'uint' },
  condition_max_size: { kind: 'uint' },
  multivector_config: { kind: 'object' },
  sparse_config: { kind: 'object' },
  max_payload_index_count: { kind: 'uint' },
  max_resident_memory_percent: { kind: 'uint' },
};

/** The parameters of a collection beside its vectors. */
export const PARAMS: FieldTable = {
  shard_number: { kind: 'uint', min: 1 },
  sharding_method: { kind: 'word', words: ['auto', 'custom'] },
  replication_factor: { kind: 'uint', min: 1 },
  write_consistency_factor: { kind: 'uint', min: 1 },
  on_disk_payload: { kind: 'bool' },
  payload: { kind: 'section', fields: { memory: MEMORY } },
};

/** What PATCH may change of them. */
export const PARAMS_PATCH: FieldTable = {
  replication_factor: { kind: 'uint', min: 1 },
  write_consistency_factor: { kind: 'uint', min: 1 },
  read_fan_out_factor: { kind: 'uint' },
  read_fan_out_delay_ms: { kind: 'uint' },
  on_disk_payload: { kind: 'bool' },
  payload: { kind: 'section', fields: { memory: MEMORY } },
};

/** What PATCH may change of a vector. */
export const VECTOR_PATCH: FieldTable = {
  hnsw_config: { kind: 'section', fields: HNSW },
  quantization_config: { kind: 'any' },
  on_disk: { kind: 'bool' },
  memory: MEMORY,
};
