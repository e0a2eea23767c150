import { failure } from '../api/api-error.ts';
import { isObject, type JsonObject, type JsonValue, jsonText, mergeObject } from '../json/json-value.ts';
import { DISTANCES } from '../vectors/stored-form.ts';
import { type CollectionConfig, pickOptimizers, pickSection, readMetadata, readQuantization } from './collection-config.ts';
import { pickFields } from './field-table.ts';
import { HNSW, PARAMS_PATCH, SPARSE_VECTOR, SPARSE_VECTOR_IN_PLACE, STRICT_MODE, VECTOR_IN_PLACE, VECTOR_PATCH } from './sections.ts';

/** What PATCH did: whether the server would start to rebuild segments, which its status then shows. */
export type PatchOutcome = { rebuilds: boolean };

/** Applies the body of `PATCH /collections/{name}` in place; nothing changes where it throws (400, 422). */
export function patchConfig(config: CollectionConfig, body: JsonObject): PatchOutcome {
  const changes = [
    ...sectionChanges(config, body),
    ...vectorChanges(config, body.get('vectors')),
    ...sparseChanges(config, body.get('sparse_vectors')),
  ];
  const quantization = quantizationChange(body.get('quantization_config') ?? null);
  const metadata = readMetadata(body.get('metadata'));
  for (const { into, from } of changes) mergeInto(into, from);
  if (quantization !== undefined) config.quantization = quantization;
  if (metadata !== null) config.metadata = mergedMetadata(config.metadata, metadata);
  return { rebuilds: quantization !== undefined || changes.some((change) => change.rebuilds === true) };
}

type Change = { into: JsonObject; from: JsonObject; rebuilds?: boolean };

function sectionChanges(config: CollectionConfig, body: JsonObject): Change[] {
  const strict = pickSection(body, 'strict_mode_config', STRICT_MODE);
  if (strict.size > 0) config.strictMode ??= new Map();
  return [
    { into: config.params, from: pickSection(body, 'params', PARAMS_PATCH) },
    { into: config.hnsw, from: pickSection(body, 'hnsw_config', HNSW) },
    { into: config.optimizers, from: pickOptimizers(body) },
    { into: config.strictMode ?? new Map(), from: strict },
  ];
}

function vectorChanges(config: CollectionConfig, value: JsonValue | undefined): Change[] {
  if (!isObject(value)) return [];
  return [...value].map(([name, diff]) => {
    const into = config.vectors.get(name);
    if (into === undefined) throw failure.wrongInput(`Not existing vector name error: ${name}`);
    if (!isObject(diff)) throw failure.format('invalid type, expected struct VectorParamsDiff');
    const from = pickFields(VECTOR_PATCH, diff, `vectors.${name}`);
    const quantization = quantizationChange(from.get('quantization_config') ?? null);
    from.delete('quantization_config');
    if (quantization === null) into.delete('quantization_config');
    else if (quantization !== undefined) from.set('quantization_config', quantization);
    return { into, from, rebuilds: true };
  });
}

function sparseChanges(config: CollectionConfig, value: JsonValue | undefined): Change[] {
  if (!isObject(value)) return [];
  return [...value].map(([name, diff]) => {
    const into = config.sparse.get(name);
    if (into === undefined) throw failure.wrongInput(`Not existing vector name error: ${name}`);
    if (!isObject(diff)) throw failure.format('invalid type, expected struct SparseVectorParams');
    return { into, from: pickFields(SPARSE_VECTOR, diff, `sparse_vectors.${name}`), rebuilds: true };
  });
}

/** undefined: not named; null: switched off. */
function quantizationChange(value: JsonValue): JsonObject | null | undefined {
  if (value === null) return undefined;
  if (value === 'Disabled') return null;
  return readQuantization(value);
}

function mergeInto(into: JsonObject, from: JsonObject): void {
  for (const [name, value] of from) {
    const old = into.get(name);
    if (isObject(old) && isObject(value) && (name === 'hnsw_config' || name === 'index')) mergeInto(old, value);
    else into.set(name, value);
  }
}

/** Top-level keys are replaced one by one and a null removes its key; the first metadata of a collection is taken as it is. */
function mergedMetadata(old: JsonObject | null, given: JsonObject): JsonObject {
  if (old === null) return given;
  const merged: JsonObject = new Map(old);
  mergeObject(merged, given);
  return merged;
}

/** A named vector to add in place: less can be said of it than when a collection is created. */
export type VectorNameConfig = { kind: 'dense' | 'sparse'; params: JsonObject };

/** The body of `PUT …/vectors/{name}`. Throws 400, and 422 for a size out of range. */
export function readVectorNameConfig(body: JsonObject): VectorNameConfig {
  const dense = body.get('dense');
  const sparse = body.get('sparse');
  if (isObject(dense) && typeof dense.get('size') === 'bigint' && DISTANCES.some((distance) => distance === dense.get('distance'))) {
    return { kind: 'dense', params: pickFields(VECTOR_IN_PLACE, dense, 'dense') };
  }
  if (!isObject(sparse)) throw failure.format('data did not match any variant of untagged enum VectorNameConfig');
  const picked = pickFields(SPARSE_VECTOR_IN_PLACE, sparse, 'sparse');
  const params: JsonObject = new Map();
  const datatype = picked.get('datatype');
  if (datatype !== undefined) params.set('index', new Map([['datatype', datatype]]));
  const modifier = picked.get('modifier');
  if (modifier !== undefined) params.set('modifier', modifier);
  return { kind: 'sparse', params };
}

/** Adds the vector to the config; false where it is there already. Throws 400 where it is there with another schema or kind. */
export function addVectorName(config: CollectionConfig, name: string, { kind, params }: VectorNameConfig): boolean {
  const [own, other] = kind === 'dense' ? [config.vectors, config.sparse] : [config.sparse, config.vectors];
  const existing = own.get(name);
  const label = kind === 'dense' ? 'Vector' : 'Sparse vector';
  if (existing !== undefined) {
    if (schemaText(existing) !== schemaText(params))
      throw failure.wrongInput(`${label} \`${name}\` already exists with a different configuration`);
    return false;
  }
  if (other.has(name)) throw failure.wrongInput(`Vector \`${name}\` already exists as a ${kind === 'dense' ? 'sparse' : 'dense'} vector`);
  own.set(name, params);
  if (kind === 'sparse') config.showSparse = true;
  else config.onlyUnnamed = false;
  return true;
}

/** What has to be equal for two configs to describe the same vectors; how they are indexed and placed may differ. */
function schemaText(params: JsonObject): string {
  const index = params.get('index');
  const schema = ['size', 'distance', 'datatype', 'multivector_config', 'modifier'].map((name) => params.get(name) ?? null);
  return jsonText([...schema, isObject(index) ? (index.get('datatype') ?? null) : null]);
}
