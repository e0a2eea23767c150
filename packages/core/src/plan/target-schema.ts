import type { MigrationMetadata, PhaseMetadata, Resolved, Spec } from '@reembed/contracts';
import { metadataKeys } from '@reembed/contracts';
import type { CollectionInfo } from '../ports/collections.ts';
import { embedVectors, keptVectors } from '../recipes/target-vectors.ts';

type Config = Readonly<Record<string, unknown>>;

/** The settings that are held back while the target is filled: indexing is deferred, and strict mode would refuse the copy. */
export function heldBackSettings(spec: Spec, source: CollectionInfo): Resolved['heldBack'] {
  const wanted = { ...source.optimizersConfig, ...asConfig(spec.target.settings.optimizers_config) };
  const threshold = wanted.indexing_threshold;
  const strictMode = spec.target.settings.strict_mode_config ?? source.strictModeConfig;
  return { indexingThreshold: typeof threshold === 'number' ? threshold : null, strictMode: isConfig(strictMode) ? strictMode : null };
}

/** The body of `PUT /collections/{target}`: the source's settings, the spec's on top, nothing indexed yet, and the claim. */
export function targetBody(spec: Spec, source: CollectionInfo, claim: { migration: MigrationMetadata; phase: PhaseMetadata }): Config {
  const { optimizers_config: optimizers, strict_mode_config: _later, ...settings } = spec.target.settings;
  return {
    ...withoutNulls(source.params, ['sharding_method']),
    hnsw_config: { ...withoutNulls(source.hnswConfig), ...asConfig(settings.hnsw_config) },
    wal_config: source.walConfig === null ? undefined : withoutNulls(source.walConfig),
    quantization_config: source.quantizationConfig ?? undefined,
    ...omit(settings, ['hnsw_config']),
    optimizers_config: { ...withoutNulls(source.optimizersConfig), ...asConfig(optimizers), indexing_threshold: 0 },
    vectors: denseVectors(spec, source, claim.migration),
    sparse_vectors: sparseVectors(spec, source),
    metadata: {
      ...carriedMetadata(source.metadata),
      [metadataKeys.migration]: claim.migration,
      [metadataKeys.phase]: claim.phase,
      [metadataKeys.decisions]: { approvals: [] },
    },
  };
}

/** Dense vectors by name; one unnamed vector alone stands bare, as applications that use such a collection expect. */
function denseVectors(spec: Spec, source: CollectionInfo, migration: MigrationMetadata): Config {
  const kept = keptVectors(spec).flatMap(({ name, from, vector }) => {
    const params = source.vectors[from];
    return params === undefined ? [] : [[name, { ...params, ...vector.settings }] as const];
  });
  const embedded = embedVectors(spec).map(({ name, vector }) => {
    const size = migration.witness[name]?.dimensions;
    return [name, { size, distance: vector.distance ?? 'Cosine', ...vector.settings }] as const;
  });
  const all = Object.fromEntries([...kept, ...embedded]);
  const unnamed = all[''];
  return unnamed !== undefined && Object.keys(all).length === 1 ? unnamed : all;
}

function sparseVectors(spec: Spec, source: CollectionInfo): Config | undefined {
  const kept = keptVectors(spec).flatMap(({ name, from, vector }) => {
    const params = source.sparseVectors[from];
    return params === undefined ? [] : [[name, { ...params, ...vector.settings }] as const];
  });
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
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
