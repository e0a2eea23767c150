import { failure } from '../api-error.ts';
import { isObject, type JsonObject, type JsonValue, mergeObject } from '../json/json-value.ts';
import { type CollectionConfig, pickSection, readMetadata, readQuantization } from './collection-config.ts';
import { pickFields } from './field-table.ts';
import { HNSW, OPTIMIZERS, PARAMS_PATCH, SPARSE_VECTOR, STRICT_MODE, VECTOR_PATCH } from './sections.ts';

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
    {
      into: config.optimizers,
      from: pickSection(body, body.has('optimizer_config') ? 'optimizer_config' : 'optimizers_config', OPTIMIZERS),
    },
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
