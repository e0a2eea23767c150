import { isDeepStrictEqual } from 'node:util';
import { isOwnCollection } from '@reembed/contracts';
import { type CollectionInfo, type Collections, type DenseVectorParams, ReembedError } from '@reembed/core';
import { asStored } from './as-stored.ts';
import { matches } from './fake-filter.ts';
import { type MemoryStore, withoutVector } from './memory-store.ts';

type Config = Readonly<Record<string, unknown>>;

const distances = ['Cosine', 'Dot', 'Euclid', 'Manhattan'];

export type FakeServerOptions = {
  readonly version?: string;
  /** The models by which texts are embedded, all of them by default. Where there are none, there is no service at all. */
  readonly inference?: readonly string[] | undefined;
  /** The key may only read. */
  readonly readOnly?: boolean;
  readonly diskBytes?: number | null;
  readonly usage?: () => Awaited<ReturnType<Collections['usage']>>;
  /** Why nothing goes over gRPC; null: it is open. */
  readonly binaryRefusal?: string | null;
};

/** Collections in memory: as much of Qdrant as the store contract asks for. */
export function createFakeCollections(
  { all, aliases, get, act }: MemoryStore,
  {
    version = '1.19.0',
    inference,
    readOnly = false,
    diskBytes = null,
    binaryRefusal = 'nobody answers gRPC',
    usage = () => ({ diskPercent: null, memoryPercent: null }),
  }: FakeServerOptions,
): Collections {
  const exists = (name: string) => {
    if (all.has(name) || aliases.has(name)) throw new ReembedError('qdrant-conflict', `\`${name}\` already exists!`);
  };
  return {
    serverVersion: async () => version,
    address: async () => ({ url: 'http://localhost:6333', wantsKey: false }),
    manageRefusal: async () => (readOnly ? 'Forbidden: Global manage access is required' : null),
    binaryRefusal: async () => binaryRefusal,
    diskBytes: async () => diskBytes,
    usage: async () => usage(),
    async inferenceRefusal(name, model) {
      get(name);
      if (inference === undefined || inference.includes(model)) return null;
      return inference.length === 0 ? 'InferenceService URL not configured' : `Inference error: ${model} is not supported`;
    },
    async describe(name) {
      const found = all.get(name);
      return found === undefined ? null : { ...found.info, pointsCount: found.points.length };
    },
    aliases: async () => new Map(aliases),
    names: async () => [...all.keys()].filter((name) => !isOwnCollection(name)),
    async create(name, body) {
      exists(name);
      all.set(name, { info: asStored(describeBody(name, body)), points: [] });
      act('create', name);
    },
    async patch(name, body) {
      const collection = get(name);
      collection.info = asStored(patched(collection.info, body));
      act('patch', name, ...Object.keys((body.metadata as Config | undefined) ?? body));
    },
    async drop(name) {
      if (!all.delete(name)) return;
      for (const [alias, behind] of aliases) if (behind === name) aliases.delete(alias);
      act('drop', name);
    },
    async createPayloadIndex(name, field, fieldSchema) {
      const collection = get(name);
      collection.info = { ...collection.info, payloadSchema: { ...collection.info.payloadSchema, [field]: fieldSchema } };
      act('createPayloadIndex', name, field);
    },
    async addVector(name, vector, config) {
      const collection = get(name);
      const { info } = collection;
      const before = info.vectors[vector] ?? info.sparseVectors[vector];
      const wanted = 'dense' in config ? config.dense : config.sparse;
      if (before !== undefined && !isDeepStrictEqual(before, wanted)) {
        throw new ReembedError('qdrant-conflict', `Vector \`${vector}\` already exists with a different configuration`);
      }
      collection.info =
        'dense' in config
          ? { ...info, vectors: { ...info.vectors, [vector]: config.dense } }
          : { ...info, sparseVectors: { ...info.sparseVectors, [vector]: config.sparse } };
      act('addVector', name, vector);
    },
    async dropVector(name, vector) {
      const collection = get(name);
      const { [vector]: _dense, ...vectors } = collection.info.vectors;
      const { [vector]: _sparse, ...sparseVectors } = collection.info.sparseVectors;
      collection.info = { ...collection.info, vectors, sparseVectors };
      collection.points = collection.points.map((point) => withoutVector(point, vector));
      act('dropVector', name, vector);
    },
    async pointAlias(alias, collection) {
      if (all.has(alias)) throw new ReembedError('qdrant-conflict', `\`${alias}\` is a collection`);
      if (!all.has(collection)) throw new ReembedError('qdrant-not-found', `Collection \`${collection}\` doesn't exist!`);
      aliases.set(alias, collection);
      act('pointAlias', alias, collection);
    },
    aliasOnPeers: async () => [],
    async dropAlias(alias) {
      if (aliases.delete(alias)) act('dropAlias', alias);
    },
    async count(name, filter) {
      const { points } = get(name);
      return points.filter((point) => matches(filter, point)).length;
    },
    async indexing(name) {
      const points = get(name).points.length;
      return { status: 'green', optimizerStatus: 'ok', points, indexedVectors: points, pendingOptimizations: 0, updateQueueLength: 0 };
    },
    async flush(name) {
      get(name);
      act('flush', name);
    },
  };
}

function describeBody(name: string, body: Config): CollectionInfo {
  const {
    vectors,
    sparse_vectors,
    metadata,
    hnsw_config,
    optimizers_config,
    wal_config,
    quantization_config,
    strict_mode_config,
    ...params
  } = body;
  const named = vectors !== undefined && 'size' in (vectors as Config) ? { '': vectors } : (vectors ?? {});
  const dense = named as CollectionInfo['vectors'];
  const wrong = Object.values(dense).find(({ distance }) => !distances.includes(distance));
  if (wrong !== undefined) throw new ReembedError('qdrant-refused', `unknown variant \`${wrong.distance}\``);
  return {
    name,
    status: 'green',
    pointsCount: 0,
    vectors: dense,
    sparseVectors: (sparse_vectors ?? {}) as CollectionInfo['sparseVectors'],
    params,
    hnswConfig: (hnsw_config ?? {}) as Config,
    optimizersConfig: (optimizers_config ?? {}) as Config,
    walConfig: (wal_config ?? null) as Config | null,
    quantizationConfig: (quantization_config ?? null) as Config | null,
    strictModeConfig: (strict_mode_config ?? null) as Config | null,
    metadata: (metadata ?? {}) as Config,
    payloadSchema: {},
  };
}

function patched(info: CollectionInfo, body: Config): CollectionInfo {
  return {
    ...info,
    metadata: { ...info.metadata, ...(body.metadata as Config | undefined) },
    optimizersConfig: { ...info.optimizersConfig, ...(body.optimizers_config as Config | undefined) },
    strictModeConfig: (body.strict_mode_config as Config | undefined) ?? info.strictModeConfig,
    quantizationConfig: setting(body.quantization_config, info.quantizationConfig),
    vectors: Object.fromEntries(
      Object.entries(info.vectors).map(([name, params]) => [name, patchedVector(params, (body.vectors as Config | undefined)?.[name])]),
    ),
  };
}

function patchedVector(params: DenseVectorParams, change: unknown): DenseVectorParams {
  const { quantization_config: quantization, ...rest } = (change ?? {}) as Config;
  const { quantization_config: old = null, ...kept } = params;
  const wanted = setting(quantization, old as Config | null);
  return { ...kept, ...rest, ...(wanted === null ? {} : { quantization_config: wanted }) };
}

/** `"Disabled"` takes a quantization away. */
function setting(given: unknown, now: Config | null): Config | null {
  return given === 'Disabled' ? null : ((given as Config | undefined) ?? now);
}
