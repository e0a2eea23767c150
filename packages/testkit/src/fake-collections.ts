import { isDeepStrictEqual } from 'node:util';
import type { PointId } from '@reembed/contracts';
import {
  type CollectionInfo,
  type Collections,
  comparePointIds,
  type DenseVectorParams,
  type Page,
  type Points,
  type PointText,
  type PointVectors,
  ReembedError,
  type ScrollRequest,
  type Searches,
} from '@reembed/core';
import { fakeVector } from './fake-embedder.ts';
import { matches } from './fake-filter.ts';
import { searchPoints } from './fake-searches.ts';
import type { Stores } from './store-contract.ts';

type Config = Readonly<Record<string, unknown>>;
type Collection = { info: CollectionInfo; points: PointText[] };

export type FakeStores = Stores & {
  readonly searches: Searches;
  /** Every act that changes something, in order, such as `pointAlias docs docs_v2`. */
  readonly acts: string[];
  /** The points of a collection (no alias), in scroll order. */
  pointsOf(collection: string): readonly PointText[];
  /** What applications do, past every rule of the ports. */
  put(collection: string, points: readonly PointText[]): void;
  remove(collection: string, ids: readonly PointId[]): void;
};

const distances = ['Cosine', 'Dot', 'Euclid', 'Manhattan'];

export type FakeStoresOptions = {
  readonly version?: string;
  /** The models by which texts are embedded, all of them by default. Where there are none, there is no service at all. */
  readonly inference?: readonly string[] | undefined;
};

/** Collections and Points in memory: as much of Qdrant as the store contract asks for. */
export function createFakeStores({ version = '1.19.0', inference }: FakeStoresOptions = {}): FakeStores {
  const all = new Map<string, Collection>();
  const aliases = new Map<string, string>();
  const acts: string[] = [];
  let names = 0;

  const get = (name: string): Collection => {
    const found = all.get(name) ?? all.get(aliases.get(name) ?? '');
    if (found === undefined) throw new ReembedError('qdrant-not-found', `Collection \`${name}\` doesn't exist!`);
    return found;
  };
  const exists = (name: string) => {
    if (all.has(name) || aliases.has(name)) throw new ReembedError('qdrant-conflict', `\`${name}\` already exists!`);
  };
  const act = (...words: string[]) => acts.push(words.join(' '));

  const collections: Collections = {
    serverVersion: async () => version,
    async inferenceRefusal(name, model) {
      get(name);
      if (inference === undefined || inference.includes(model)) return null;
      return inference.length === 0 ? 'InferenceService URL not configured' : `Inference error: ${model} is not supported`;
    },
    async describe(name) {
      const found = all.get(name);
      return found === undefined ? null : { ...structuredClone(found.info), pointsCount: found.points.length };
    },
    aliases: async () => new Map(aliases),
    names: async () => [...all.keys()],
    async create(name, body) {
      exists(name);
      all.set(name, { info: describeBody(name, structuredClone(body)), points: [] });
      act('create', name);
    },
    async patch(name, body) {
      const collection = get(name);
      collection.info = patched(collection.info, structuredClone(body));
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

  const points: Points = {
    async scroll(collection, request) {
      request.signal?.throwIfAborted();
      return readPage(get(collection), request);
    },
    async scrollIds(collection, request) {
      request.signal?.throwIfAborted();
      const page = readPage(get(collection), { ...request, payload: false, vectors: [] });
      return { ids: page.points.map(({ id }) => id), next: page.next };
    },
    async retrieve(collection, { ids, payload, vectors, filter, signal }) {
      signal?.throwIfAborted();
      const found = get(collection).points.filter(
        (point) => ids.some((wanted) => comparePointIds(wanted, point.id) === 0) && matches(filter, point),
      );
      return found.map((point) => shown(point, payload, vectors));
    },
    sample: async (collection, limit, { filter, vectors = [] } = {}) =>
      get(collection)
        .points.filter((point) => matches(filter, point))
        .slice(0, limit)
        .map((point) => shown(point, true, vectors)),
    async insertOnly(collection, fresh, signal) {
      signal?.throwIfAborted();
      const found = get(collection);
      checkVectors(found.info, fresh);
      const known = (id: PointId) => found.points.some((point) => comparePointIds(point.id, id) === 0);
      put(found, structuredClone(fresh.filter(({ id }) => !known(id))));
      if (fresh.length > 0) act('insertOnly', collection, ...fresh.map(({ id }) => id.id));
    },
    async updateOnly(collection, fresh, signal) {
      signal?.throwIfAborted();
      const found = get(collection);
      checkVectors(found.info, fresh);
      const known = (id: PointId) => found.points.some((point) => comparePointIds(point.id, id) === 0);
      put(found, structuredClone(fresh.filter(({ id }) => known(id))));
      if (fresh.length > 0) act('updateOnly', collection, ...fresh.map(({ id }) => id.id));
    },
    async updateVectors(collection, fresh, { onlyMissing, signal } = {}) {
      signal?.throwIfAborted();
      const found = get(collection);
      checkVectors(found.info, fresh);
      const known = found.points.filter(({ id }) => fresh.some((wanted) => comparePointIds(wanted.id, id) === 0));
      const changing = known.filter(({ vectors }) => onlyMissing === undefined || vectors[onlyMissing] === undefined);
      put(
        found,
        changing.map((point) => {
          const wanted = fresh.find(({ id }) => comparePointIds(id, point.id) === 0);
          return { ...point, vectors: { ...point.vectors, ...wanted?.vectors } };
        }),
      );
      act('updateVectors', collection, ...fresh.map(({ id }) => id.id));
      const absent = fresh.find(({ id }) => !known.some((point) => comparePointIds(point.id, id) === 0));
      if (absent !== undefined) throw new ReembedError('qdrant-not-found', `No point with id ${absent.id.id} found`);
    },
    async removeVector(collection, ids, vector, signal) {
      signal?.throwIfAborted();
      const found = get(collection);
      const gone = found.points.filter(({ id }) => ids.some((wanted) => comparePointIds(wanted, id) === 0));
      put(
        found,
        gone.map((point) => withoutVector(point, vector)),
      );
      act('removeVector', collection, vector, ...ids.map(({ id }) => id));
    },
    async lacking(collection, { ids, vector, signal }) {
      signal?.throwIfAborted();
      const asked = get(collection).points.filter(({ id }) => ids.some((wanted) => comparePointIds(wanted, id) === 0));
      return asked.filter(({ vectors }) => vectors[vector] === undefined).map(({ id }) => id);
    },
    async remove(collection, ids, signal) {
      signal?.throwIfAborted();
      drop(get(collection), ids);
      if (ids.length > 0) act('remove', collection, ...ids.map(({ id }) => id));
    },
  };

  const searches: Searches = {
    async search(collection, request) {
      request.signal?.throwIfAborted();
      return { hits: searchPoints(get(collection), request), tookMs: 1 };
    },
  };

  return {
    collections,
    points,
    searches,
    acts,
    collectionName: (prefix) => `${prefix}-${++names}`,
    pointsOf: (collection) => get(collection).points,
    put: (collection, fresh) => put(get(collection), fresh),
    remove: (collection, ids) => drop(get(collection), ids),
    async [Symbol.asyncDispose]() {},
  };
}

function withoutVector(point: PointText, vector: string): PointText {
  const { [vector]: _gone, ...vectors } = point.vectors;
  return { ...point, vectors };
}

function drop(collection: Collection, ids: readonly PointId[]): void {
  collection.points = collection.points.filter(({ id }) => !ids.some((gone) => comparePointIds(gone, id) === 0));
}

/** What inference of a server does: a document becomes the vector of its text. */
function embedded(text: string): string {
  if (!text.startsWith('{"text":')) return text;
  return JSON.stringify(fakeVector((JSON.parse(text) as { text: string }).text));
}

function withEmbedded(point: PointText): PointText {
  return { ...point, vectors: Object.fromEntries(Object.entries(point.vectors).map(([name, text]) => [name, embedded(text)])) };
}

function put(collection: Collection, fresh: readonly PointText[]): void {
  const kept = collection.points.filter(({ id }) => !fresh.some((point) => comparePointIds(point.id, id) === 0));
  collection.points = [...kept, ...fresh.map(withEmbedded)].sort((a, b) => comparePointIds(a.id, b.id));
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

function readPage({ info, points: all }: Collection, { offset, limit, payload, vectors, filter }: ScrollRequest): Page {
  const stray = vectors.find((name) => info.vectors[name] === undefined && info.sparseVectors[name] === undefined);
  if (stray !== undefined) throw new ReembedError('qdrant-refused', `Not existing vector name error: ${stray}`);
  const points = all.filter((point) => matches(filter, point));
  const from = offset === null ? 0 : points.findIndex(({ id }) => comparePointIds(id, offset) >= 0);
  const found = from === -1 ? [] : points.slice(from, from + limit + 1);
  return { points: found.slice(0, limit).map((point) => shown(point, payload, vectors)), next: found[limit]?.id ?? null };
}

function shown({ id, payload, vectors }: PointText, withPayload: boolean, names: readonly string[]): PointText {
  const wanted = Object.entries(vectors).filter(([name]) => names.includes(name));
  return { id, payload: withPayload ? payload : '{}', vectors: Object.fromEntries(wanted) };
}

function checkVectors({ vectors: known, sparseVectors }: CollectionInfo, points: readonly PointVectors[]): void {
  for (const { vectors } of points) {
    for (const [name, text] of Object.entries(vectors)) {
      if (known[name] === undefined && sparseVectors[name] === undefined) {
        throw new ReembedError('qdrant-refused', `Not existing vector name error: ${name}`);
      }
      const value: unknown = JSON.parse(text);
      const row: unknown = Array.isArray(value) && Array.isArray(value[0]) ? value[0] : value;
      const size = known[name]?.size;
      if (Array.isArray(row) && row.length !== size) {
        throw new ReembedError('qdrant-refused', `Vector dimension error: expected dim: ${size}, got ${row.length}`);
      }
    }
  }
}
