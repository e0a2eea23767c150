import type { DecisionsMetadata, Resolved, Spec, Witness } from '@reembed/contracts';
import { metadataKeys } from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import { payloadMapper } from '../recipes/payload-mapping.ts';
import { storedAs } from '../recipes/stored-vector.ts';
import type { VectorSchema } from '../recipes/target-vector.ts';
import { targetVectors } from '../recipes/target-vectors.ts';
import { vectorSchema } from './carried-settings.ts';

type Config = Readonly<Record<string, unknown>>;

export function hasVector({ vectors, sparseVectors }: CollectionInfo, name: string): boolean {
  return vectors[name] !== undefined || sparseVectors[name] !== undefined;
}

/** The settings that are held back while the target is filled: indexing is deferred, and strict mode would refuse the copy. */
export function heldBackSettings(spec: Spec, source: CollectionInfo): Resolved['heldBack'] {
  const wanted = { ...source.optimizersConfig, ...asConfig(spec.target.settings.optimizers_config) };
  const threshold = wanted.indexing_threshold;
  const strictMode = spec.target.settings.strict_mode_config ?? source.strictModeConfig;
  return { indexingThreshold: typeof threshold === 'number' ? threshold : null, strictMode: isConfig(strictMode) ? strictMode : null };
}

type Made = { readonly witness: Readonly<Record<string, Witness>>; readonly resolved: Pick<Resolved, 'adapters'> };

/**
 * The body of `PUT /collections/{target}`: the source's settings, the spec's on top, nothing indexed yet, and the metadata of the claim.
 * `made` says what the vectors are made with.
 */
export function targetBody(spec: Spec, source: CollectionInfo, made: Made, claim: Config): Config {
  const { optimizers_config: optimizers, strict_mode_config: _later, ...settings } = spec.target.settings;
  return {
    ...withoutNulls(source.params, ['sharding_method']),
    hnsw_config: { ...withoutNulls(source.hnswConfig), ...asConfig(settings.hnsw_config) },
    wal_config: source.walConfig === null ? undefined : withoutNulls(source.walConfig),
    quantization_config: source.quantizationConfig ?? undefined,
    ...omit(settings, ['hnsw_config']),
    optimizers_config: { ...withoutNulls(source.optimizersConfig), ...asConfig(optimizers), indexing_threshold: 0 },
    ...vectorParams(vectorSchemas(spec, source, made.witness, made.resolved.adapters)),
    metadata: {
      ...carriedMetadata(source.metadata),
      ...claim,
      [metadataKeys.decisions]: { approvals: [], overrides: [] } satisfies DecisionsMetadata,
    },
  };
}

/** How the server keeps the numbers of every vector of the target. */
export function storedForms(spec: Spec, source: CollectionInfo, adapters: Resolved['adapters']): Resolved['storedAs'] {
  return Object.fromEntries(vectorSchemas(spec, source, {}, adapters).map(([name, schema]) => [name, storedAs(schema)]));
}

function vectorSchemas(
  spec: Spec,
  source: CollectionInfo,
  witness: Readonly<Record<string, Witness>>,
  adapters: Resolved['adapters'],
): [string, VectorSchema][] {
  return targetVectors(spec).flatMap((vector) => {
    const schema = vectorSchema(vector, spec, source, witness, adapters);
    return schema === null ? [] : [[vector.name, schema]];
  });
}

/** One unnamed dense vector alone stands bare, as applications that use such a collection expect. */
function vectorParams(schemas: readonly [string, VectorSchema][]): Config {
  const of = (wanted: VectorSchema['kind']) =>
    Object.fromEntries(schemas.filter(([, { kind }]) => kind === wanted).map(([name, { params }]) => [name, params]));
  const [dense, sparse] = [of('dense'), of('sparse')];
  const unnamed = dense[''];
  return {
    vectors: unnamed !== undefined && Object.keys(dense).length === 1 ? unnamed : dense,
    sparse_vectors: Object.keys(sparse).length === 0 ? undefined : sparse,
  };
}

/** The source's payload indexes by field of the target: under its new name, and not where the field is dropped. */
export function targetIndexes(spec: Spec, source: CollectionInfo): Config {
  const { path } = payloadMapper(spec.target.payload);
  const mapped = Object.entries(source.payloadSchema).flatMap(([field, schema]) => {
    const name = path(field);
    return name === null ? [] : [[name, schema] as const];
  });
  return Object.fromEntries(mapped);
}

/** What others keep in the source's metadata goes along; what reembed wrote there is about the source. */
function carriedMetadata(metadata: Config): Config {
  return Object.fromEntries(
    Object.entries(metadata).filter(([key]) => key !== metadataKeys.migration && !key.startsWith(`${metadataKeys.migration}.`)),
  );
}

function withoutNulls(config: Config, leaveOut: readonly string[] = []): Config {
  return Object.fromEntries(
    Object.entries(config).filter(([key, value]) => value !== null && value !== undefined && !leaveOut.includes(key)),
  );
}

function omit(config: Config, keys: readonly string[]): Config {
  return Object.fromEntries(Object.entries(config).filter(([key]) => !keys.includes(key)));
}

function asConfig(value: unknown): Config {
  return isConfig(value) ? value : {};
}

function isConfig(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
