import { type PointId, parseExactJson } from '@reembed/contracts';
import type { Collections, Filter, Points, PointText } from '@reembed/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** Both ports over one store, and names for collections and aliases that nobody else uses. */
export type Stores = AsyncDisposable & {
  readonly collections: Collections;
  readonly points: Points;
  collectionName(prefix: string): string;
};

/** What the ports Collections and Points promise; every adapter and every fake of them runs it. */
export function runStoreContract(name: string, makeStores: () => Promise<Stores>): void {
  describe(`${name} keeps the promises of Collections and Points`, () => {
    let stores: Stores;
    beforeAll(async () => {
      stores = await makeStores();
    });
    afterAll(async () => {
      await stores[Symbol.asyncDispose]();
    });

    describe('collections', () => collectionPromises(() => stores));
    describe('payload indexes', () => payloadIndexPromises(() => stores));
    describe('inference', () => inferencePromises(() => stores));
    describe('aliases', () => aliasPromises(() => stores));
    describe('reading points', () => readingPromises(() => stores));
    describe('inserting points', () => insertingPromises(() => stores));
    describe('vectors in place', () => inPlacePromises(() => stores));
    describe('exactness', () => exactnessPromises(() => stores));
  });
}

const twoDimensions = { vectors: { size: 2, distance: 'Dot' } };
const everyKindOfVector = {
  vectors: {
    '': { size: 2, distance: 'Dot' },
    named: { size: 3, distance: 'Euclid', datatype: 'float16' },
    rows: { size: 2, distance: 'Dot', multivector_config: { comparator: 'max_sim' } },
  },
  sparse_vectors: { sparse: { modifier: 'idf' } },
};

async function newCollection({ collections, collectionName }: Stores, body: Readonly<Record<string, unknown>> = twoDimensions) {
  const collection = collectionName('contract');
  await collections.create(collection, body);
  return collection;
}

async function newFilledCollection(stores: Stores, ids: readonly PointId[]) {
  const collection = await newCollection(stores);
  await stores.points.insertOnly(
    collection,
    ids.map((id) => point(id)),
  );
  return collection;
}

function integer(id: number | bigint): PointId {
  return { kind: 'integer', id: String(id) };
}

function uuid(last: number): PointId {
  return { kind: 'uuid', id: `00000000-0000-4000-8000-${String(last).padStart(12, '0')}` };
}

function point(id: PointId, payload = `{"id":"${id.id}"}`, vectors: PointText['vectors'] = { '': '[1.0,2.0]' }): PointText {
  return { id, payload, vectors };
}

async function everyPoint({ points }: Stores, collection: string, vectors: readonly string[] = []) {
  return (await points.scroll(collection, { offset: null, limit: 100, payload: true, vectors })).points;
}

function collectionPromises(stores: () => Stores): void {
  it('says its version', async () => {
    expect(await stores().collections.serverVersion()).toMatch(/^\d+\.\d+\.\d+/);
  });

  it('describes a collection as it was created, metadata included', async () => {
    const collection = await newCollection(stores(), { ...everyKindOfVector, metadata: { model: 'm1', depth: { n: 1 } } });
    const info = await stores().collections.describe(collection);
    expect(info).toMatchObject({ name: collection, pointsCount: 0, ...{ vectors: everyKindOfVector.vectors } });
    expect(info).toMatchObject({ sparseVectors: everyKindOfVector.sparse_vectors, metadata: { model: 'm1', depth: { n: 1 } } });
    expect(info?.params).not.toHaveProperty('vectors');
    expect(info?.params).not.toHaveProperty('sparse_vectors');
  });

  it('gives the only vector of an unnamed collection the name ""', async () => {
    const collection = await newCollection(stores());
    expect((await stores().collections.describe(collection))?.vectors).toEqual({ '': { size: 2, distance: 'Dot' } });
  });

  it('refuses to create a collection whose name is taken', async () => {
    const collection = await newCollection(stores());
    await expect(stores().collections.create(collection, twoDimensions)).rejects.toMatchObject({ code: 'qdrant-conflict', retry: 'never' });
  });

  it('refuses a configuration that means nothing, with the reason', async () => {
    const body = { vectors: { size: 2, distance: 'Manhatan' } };
    await expect(stores().collections.create(stores().collectionName('bad'), body)).rejects.toMatchObject({ code: 'qdrant-refused' });
  });

  it('describes what is not there as null', async () => {
    expect(await stores().collections.describe(stores().collectionName('absent'))).toBeNull();
  });

  it('patches the metadata keys it names and keeps the others', async () => {
    const collection = await newCollection(stores(), { ...twoDimensions, metadata: { kept: 1, changed: { old: true } } });
    await stores().collections.patch(collection, { metadata: { changed: { now: true } }, optimizers_config: { indexing_threshold: 0 } });
    const info = await stores().collections.describe(collection);
    expect(info).toMatchObject({ metadata: { kept: 1, changed: { now: true } }, optimizersConfig: { indexing_threshold: 0 } });
    expect(info?.metadata.changed).not.toHaveProperty('old');
  });

  it('patches quantization: of the collection, of one vector for itself, and away', async () => {
    const scalar = { scalar: { type: 'int8', quantile: 0.9 } };
    const binary = { binary: { always_ram: true } };
    const vectors = { a: { size: 2, distance: 'Dot' }, b: { size: 2, distance: 'Dot' } };
    const collection = await newCollection(stores(), { vectors });
    const patched = async (body: object) => {
      await stores().collections.patch(collection, { ...body });
      const info = await stores().collections.describe(collection);
      return [info?.quantizationConfig, info?.vectors.a?.quantization_config, info?.vectors.b?.quantization_config];
    };
    expect(await patched({ quantization_config: scalar })).toEqual([scalar, undefined, undefined]);
    expect(await patched({ vectors: { a: { quantization_config: binary, on_disk: true } } })).toEqual([scalar, binary, undefined]);
    expect(await stores().collections.describe(collection)).toMatchObject({ vectors: { a: { on_disk: true } } });
    expect(await patched({ vectors: { a: { quantization_config: 'Disabled' } } })).toEqual([scalar, undefined, undefined]);
    const moved = { quantization_config: 'Disabled', vectors: { b: { quantization_config: scalar } } };
    expect(await patched(moved)).toEqual([null, undefined, scalar]);
  });

  it('lists a collection until it is dropped, and drops one that is not there without an error', async () => {
    const collection = await newCollection(stores());
    expect(await stores().collections.names()).toContain(collection);
    await stores().collections.drop(collection);
    expect(await stores().collections.names()).not.toContain(collection);
    await stores().collections.drop(collection);
  });

  it('counts exactly, all or by a filter', async () => {
    const collection = await newFilledCollection(stores(), [integer(1), integer(2), uuid(3)]);
    expect(await stores().collections.count(collection)).toBe(3);
    expect(await stores().collections.count(collection, { must: [{ has_id: [2, 77] }] })).toBe(1);
  });

  it('says how far indexing is', async () => {
    const collection = await newFilledCollection(stores(), [integer(1)]);
    const state = await stores().collections.indexing(collection);
    expect(state).toMatchObject({ optimizerStatus: 'ok', points: 1, updateQueueLength: 0 });
    expect(state.pendingOptimizations).toBeGreaterThanOrEqual(0);
    expect(state.indexedVectors).toBeGreaterThanOrEqual(0);
  });

  it('flushes with a write that changes nothing', async () => {
    const collection = await newFilledCollection(stores(), [integer(1), uuid(2)]);
    const before = await everyPoint(stores(), collection, ['']);
    await stores().collections.flush(collection);
    expect(await everyPoint(stores(), collection, [''])).toEqual(before);
  });

  it.each<[string, (collections: Collections, absent: string) => Promise<unknown>]>([
    ['patch', (collections, absent) => collections.patch(absent, { metadata: {} })],
    ['createPayloadIndex', (collections, absent) => collections.createPayloadIndex(absent, 'k', 'keyword')],
    ['count', (collections, absent) => collections.count(absent)],
    ['indexing', (collections, absent) => collections.indexing(absent)],
    ['flush', (collections, absent) => collections.flush(absent)],
  ])('answers %s of an absent collection with qdrant-not-found', async (_name, call) => {
    await expect(call(stores().collections, stores().collectionName('absent'))).rejects.toMatchObject({ code: 'qdrant-not-found' });
  });
}

const fieldSchemas: Readonly<Record<string, unknown>> = {
  plain: 'keyword',
  typed: { type: 'keyword' },
  tenant: { type: 'keyword', is_tenant: true, on_disk: true },
  number: { type: 'integer', lookup: true, range: true },
  wholeNumber: 'integer',
  ratio: 'float',
  flag: 'bool',
  place: 'geo',
  day: { type: 'datetime', is_principal: true },
  key: { type: 'uuid', is_tenant: true },
  words: { type: 'text', tokenizer: 'word', min_token_len: 2, max_token_len: 20, lowercase: true },
  stemmed: {
    type: 'text',
    tokenizer: 'whitespace',
    stemmer: { type: 'snowball', language: 'german' },
    stopwords: { languages: ['german'], custom: ['reembed'] },
    phrase_matching: true,
    on_disk: true,
  },
  folded: {
    type: 'text',
    tokenizer: 'multilingual',
    ascii_folding: true,
    stemmer: { type: 'none' },
    stopwords: { languages: ['english', 'german'], custom: ['reembed'] },
  },
  unlinked: { type: 'keyword', enable_hnsw: false },
  beginnings: { type: 'keyword', prefix: true },
  pieces: { type: 'text', tokenizer: 'prefix', stopwords: 'english' },
  flagOnDisk: { type: 'bool', on_disk: true },
  placeOnDisk: { type: 'geo', on_disk: true },
  ratioPrincipal: { type: 'float', is_principal: true, on_disk: true },
  numberPrincipal: { type: 'integer', lookup: false, range: true, is_principal: true, on_disk: true },
};

function payloadIndexPromises(stores: () => Stores): void {
  it('reports indexes as they are created, so that they can be created elsewhere', { timeout: 30_000 }, async () => {
    const { collections } = stores();
    const first = await newCollection(stores());
    for (const [field, schema] of Object.entries(fieldSchemas)) await collections.createPayloadIndex(first, field, schema);
    const reported = (await collections.describe(first))?.payloadSchema ?? {};
    expect(reported).toMatchObject(fieldSchemas);

    const second = await newCollection(stores());
    for (const [field, schema] of Object.entries(reported)) await collections.createPayloadIndex(second, field, schema);
    expect((await collections.describe(second))?.payloadSchema).toEqual(reported);
  });
}

function inferencePromises(stores: () => Stores): void {
  it('knows whether the server embeds texts with a model, without writing anything', async () => {
    const { collections } = stores();
    const collection = await newCollection(stores());
    expect(await collections.inferenceRefusal(collection, 'qdrant/bm25')).toBeNull();
    expect(await collections.inferenceRefusal(collection, 'nobody/knows')).toMatch(/inference/i);
    expect(await collections.count(collection)).toBe(0);
  });
}

function aliasPromises(stores: () => Stores): void {
  it('does not describe an alias, whose collection it is not', async () => {
    const { collections, collectionName } = stores();
    const alias = collectionName('alias');
    await collections.pointAlias(alias, await newCollection(stores()));
    expect(await collections.describe(alias)).toBeNull();
  });

  it('makes an alias, re-points it in one step, and drops it; dropping it again is no error', async () => {
    const { collections, collectionName } = stores();
    const [first, second, alias] = [await newCollection(stores()), await newCollection(stores()), collectionName('alias')];
    await collections.pointAlias(alias, first);
    expect((await collections.aliases()).get(alias)).toBe(first);
    await collections.pointAlias(alias, second);
    expect((await collections.aliases()).get(alias)).toBe(second);
    await collections.dropAlias(alias);
    expect((await collections.aliases()).has(alias)).toBe(false);
    await collections.dropAlias(alias);
  });

  it('leaves an alias where it is when it cannot be re-pointed', async () => {
    const { collections, collectionName } = stores();
    const [first, alias] = [await newCollection(stores()), collectionName('alias')];
    await collections.pointAlias(alias, first);
    await expect(collections.pointAlias(alias, collectionName('absent'))).rejects.toMatchObject({ code: 'qdrant-not-found' });
    expect((await collections.aliases()).get(alias)).toBe(first);
  });

  it('refuses an alias with the name of a collection and a collection with the name of an alias', async () => {
    const { collections, collectionName } = stores();
    const [first, second, alias] = [await newCollection(stores()), await newCollection(stores()), collectionName('alias')];
    await collections.pointAlias(alias, first);
    await expect(collections.pointAlias(second, first)).rejects.toMatchObject({ code: 'qdrant-conflict' });
    await expect(collections.create(alias, twoDimensions)).rejects.toMatchObject({ code: 'qdrant-conflict' });
  });

  it('drops no collection by the name of its alias, and a collection with all its aliases', async () => {
    const { collections, collectionName } = stores();
    const [collection, alias] = [await newCollection(stores()), collectionName('alias')];
    await collections.pointAlias(alias, collection);
    await collections.drop(alias);
    expect((await collections.aliases()).get(alias)).toBe(collection);
    await collections.drop(collection);
    expect((await collections.aliases()).has(alias)).toBe(false);
  });

  it('takes writes through an alias until the alias is dropped', async () => {
    const { collections, points, collectionName } = stores();
    const [collection, alias] = [await newCollection(stores()), collectionName('fence')];
    await collections.pointAlias(alias, collection);
    await points.insertOnly(alias, [point(integer(1))]);
    await collections.dropAlias(alias);
    await expect(points.insertOnly(alias, [point(integer(2))])).rejects.toMatchObject({ code: 'qdrant-not-found', retry: 'never' });
    expect(await collections.count(collection)).toBe(1);
  });
}

function readingPromises(stores: () => Stores): void {
  const ids = [integer(1), integer(3), integer(20), integer(100), integer(2n ** 64n - 1n), uuid(2), uuid(4)];

  it('scrolls every point once, integers by value and then UUIDs', async () => {
    const { points } = stores();
    const collection = await newFilledCollection(stores(), ids.toReversed());
    const seen: PointId[] = [];
    for (let offset: PointId | null = null; ; ) {
      const page = await points.scroll(collection, { offset, limit: 2, payload: false, vectors: [] });
      seen.push(...page.points.map(({ id }) => id));
      offset = page.next;
      if (offset === null) break;
    }
    expect(seen).toEqual(ids);
  });

  it('reads only what matches a filter, with every digit of it: pages, boundaries, points by id, samples and counts', async () => {
    const { points, collections } = stores();
    const collection = await newCollection(stores());
    const big = '9007199254740993';
    const payloads = ['{"n":1}', `{"n":${big}}`, '{"n":9007199254740992}', `{"n":${big}}`, `{"n":${big}}`];
    const [one, two, three, four, last] = [integer(1), integer(2), integer(3), uuid(4), uuid(5)];
    const all = [one, two, three, four, last];
    await points.insertOnly(
      collection,
      all.map((id, i) => point(id, payloads[i])),
    );
    const filter = parseExactJson(`{"must":[{"key":"n","match":{"value":${big}}}]}`) as Filter;
    const read = { limit: 2, payload: true, vectors: [], filter };
    const page = await points.scroll(collection, { ...read, offset: one });
    expect(page).toMatchObject({ points: [{ id: two }, { id: four }], next: last });
    expect(await points.scrollIds(collection, { offset: null, limit: 1, filter })).toEqual({ ids: [two], next: four });
    for (const ids of [all, [two, three], [three], [two]]) {
      const found = await points.retrieve(collection, { ...read, ids, majority: true });
      expect(new Set(found.map(({ id }) => id.id))).toEqual(
        new Set(ids.filter((id) => [two, four, last].includes(id)).map(({ id }) => id)),
      );
    }
    const sample = await points.sample(collection, 10, { filter });
    expect(new Set(sample.map(({ id }) => id.id))).toEqual(new Set([two, four, last].map(({ id }) => id)));
    expect(await collections.count(collection, filter)).toBe(3);
  });

  it('reads by ids what changed at a moment or later, number or datetime, in whatever offset it is written', async () => {
    const { points } = stores();
    const collection = await newCollection(stores());
    const at = [
      1,
      20,
      20.5,
      '20',
      '2026-01-02T03:04:05.678Z',
      '2026-01-02T03:04:05.677Z',
      '2026-01-02T05:04:06+02:00',
      '2026-01-03',
      null,
      30,
    ];
    const ids = at.map((_, n) => integer(n));
    await points.insertOnly(
      collection,
      ids.map((id, n) => point(id, JSON.stringify({ meta: { at: at[n] } }))),
    );
    const since = async (gte: unknown) => {
      const filter = { must: [{ must_not: [{ has_id: [2] }] }, { must: [{ key: 'meta.at', range: { gte } }] }] };
      const found = await points.retrieve(collection, { ids: ids.slice(0, 9), payload: false, vectors: [], filter });
      return found.map(({ id }) => Number(id.id)).sort();
    };
    expect(await since(20)).toEqual([1]);
    expect(await since('2026-01-02T03:04:05.678Z')).toEqual([4, 6, 7]);
  });

  it('refuses a filter that means nothing', async () => {
    const { points, collections } = stores();
    const collection = await newFilledCollection(stores(), ids);
    const filter = { must: [{ key: 'n', mach: { value: 1 } }] };
    await expect(collections.count(collection, filter)).rejects.toMatchObject({ code: 'qdrant-refused' });
    await expect(points.retrieve(collection, { ids, payload: false, vectors: [], filter })).rejects.toMatchObject({
      code: 'qdrant-refused',
    });
  });

  it('starts at an offset that need not exist', async () => {
    const { points } = stores();
    const collection = await newFilledCollection(stores(), ids);
    expect(await points.scrollIds(collection, { offset: integer(4), limit: 2 })).toEqual({
      ids: [integer(20), integer(100)],
      next: ids[4],
    });
    expect(await points.scrollIds(collection, { offset: uuid(3), limit: 2 })).toEqual({ ids: [uuid(4)], next: null });
    expect(await points.scrollIds(collection, { offset: uuid(5), limit: 2 })).toEqual({ ids: [], next: null });
  });

  it('brings payload and vectors only where they are asked for', async () => {
    const { points } = stores();
    const collection = await newCollection(stores(), everyKindOfVector);
    const whole = point(integer(1), '{"a":1}', { '': '[1.0,2.0]', named: '[1.0,2.0,3.0]' });
    await points.insertOnly(collection, [whole, point(integer(2), '{}', {})]);
    const scroll = async (payload: boolean, vectors: readonly string[]) =>
      (await points.scroll(collection, { offset: null, limit: 9, payload, vectors })).points.map(({ payload, vectors }) => ({
        payload,
        vectors,
      }));
    expect(await scroll(false, [])).toEqual([
      { payload: '{}', vectors: {} },
      { payload: '{}', vectors: {} },
    ]);
    expect(await scroll(true, [''])).toEqual([
      { payload: '{"a":1}', vectors: { '': '[1.0,2.0]' } },
      { payload: '{}', vectors: {} },
    ]);
    expect(await scroll(true, ['', 'named', 'sparse'])).toEqual([
      { payload: '{"a":1}', vectors: { '': '[1.0,2.0]', named: '[1.0,2.0,3.0]' } },
      { payload: '{}', vectors: {} },
    ]);
  });

  it('refuses to bring a vector that the collection has not', async () => {
    const collection = await newFilledCollection(stores(), ids);
    const wrong = stores().points.scroll(collection, { offset: null, limit: 1, payload: true, vectors: ['nosuch'] });
    await expect(wrong).rejects.toMatchObject({ code: 'qdrant-refused', message: expect.stringContaining('nosuch') });
  });

  it('retrieves the points that exist among those asked for', async () => {
    const { points } = stores();
    const collection = await newFilledCollection(stores(), ids);
    const found = await points.retrieve(collection, { ids: [uuid(2), integer(77), integer(3)], payload: true, vectors: [''] });
    expect(found.toSorted((a, b) => a.id.kind.localeCompare(b.id.kind))).toEqual([point(integer(3)), point(uuid(2))]);
    expect(await points.retrieve(collection, { ids: [], payload: true, vectors: [] })).toEqual([]);
  });

  it('samples different points with their payloads', async () => {
    const { points } = stores();
    const collection = await newFilledCollection(stores(), ids);
    const sample = await points.sample(collection, 5);
    expect(new Set(sample.map(({ id }) => id.id)).size).toBe(5);
    for (const { id, payload, vectors } of sample) expect({ payload, vectors }).toEqual({ payload: `{"id":"${id.id}"}`, vectors: {} });
    expect(await points.sample(collection, 50)).toHaveLength(ids.length);
    for (const { vectors } of await points.sample(collection, 5, { vectors: [''] })) expect(Object.keys(vectors)).toEqual(['']);
  });

  it('answers qdrant-not-found where there is no collection', async () => {
    const { points, collectionName } = stores();
    const absent = collectionName('absent');
    const notFound = { code: 'qdrant-not-found', retry: 'never' };
    await expect(points.scroll(absent, { offset: null, limit: 1, payload: true, vectors: [] })).rejects.toMatchObject(notFound);
    await expect(points.scrollIds(absent, { offset: null, limit: 1 })).rejects.toMatchObject(notFound);
    await expect(points.retrieve(absent, { ids: [integer(1)], payload: true, vectors: [] })).rejects.toMatchObject(notFound);
    await expect(points.sample(absent, 1)).rejects.toMatchObject(notFound);
    await expect(points.insertOnly(absent, [point(integer(1))])).rejects.toMatchObject(notFound);
  });

  it("throws the signal's reason from an aborted call", async () => {
    const { points } = stores();
    const collection = await newFilledCollection(stores(), ids);
    const reason = { why: 'shutting down' };
    const signal = AbortSignal.abort(reason);
    await expect(points.scroll(collection, { offset: null, limit: 1, payload: true, vectors: [], signal })).rejects.toBe(reason);
    await expect(points.scrollIds(collection, { offset: null, limit: 1, signal })).rejects.toBe(reason);
    await expect(points.retrieve(collection, { ids, payload: true, vectors: [], signal })).rejects.toBe(reason);
    await expect(points.insertOnly(collection, [point(integer(7))], signal)).rejects.toBe(reason);
  });
}

function insertingPromises(stores: () => Stores): void {
  it('never overwrites a point that exists, and inserts the rest of the same request', async () => {
    const { points } = stores();
    const collection = await newFilledCollection(stores(), [integer(1), uuid(1)]);
    const clobber = (id: PointId) => point(id, '{"clobbered":true}', { '': '[9.0,9.0]' });
    await points.insertOnly(collection, [clobber(integer(1)), clobber(uuid(1)), point(integer(2))]);
    expect(await everyPoint(stores(), collection, [''])).toEqual([point(integer(1)), point(integer(2)), point(uuid(1))]);
  });

  it('does nothing for no points', async () => {
    const collection = await newCollection(stores());
    await stores().points.insertOnly(collection, []);
    expect(await stores().collections.count(collection)).toBe(0);
  });

  it('refuses a vector of another size, with the reason', async () => {
    const collection = await newCollection(stores());
    const wrong = stores().points.insertOnly(collection, [point(integer(1), '{}', { '': '[1.0,2.0,3.0]' })]);
    await expect(wrong).rejects.toMatchObject({ code: 'qdrant-refused', retry: 'never', message: expect.stringMatching(/dim/) });
  });
}

const exactPayloads = [
  '{}',
  '{"empty":"","object":{},"array":[],"null":null}',
  '{"past53":9007199254740993,"u64":12345678901234567890,"i64":-9223372036854775808}',
  '{"float":1.0,"half":-0.5,"large":1e+30,"int":1}',
  '{"z":1,"a":{"z":1,"a":2}}',
  '{"text":"ü 😀 漢字 \\" \\\\ \\n ] }","ключ":"значение"}',
  `{"deep":${'{"d":['.repeat(20)}1.0${']}'.repeat(20)}}`,
];

function inPlacePromises(stores: () => Stores): void {
  const vectorsOf = async (collection: string) =>
    (await everyPoint(stores(), collection, ['', 'new'])).map(({ id, vectors }) => [id.id, vectors.new ?? null]);

  async function newCollectionWithVector(ids: readonly PointId[]) {
    const collection = await newFilledCollection(stores(), ids);
    await stores().collections.addVector(collection, 'new', { dense: { size: 2, distance: 'Dot' } });
    return collection;
  }

  it('adds a named vector beside the unnamed one, and again without effect, but not another of the name', async () => {
    const collection = await newCollectionWithVector([integer(1)]);
    await stores().collections.addVector(collection, 'new', { dense: { size: 2, distance: 'Dot' } });
    await stores().collections.addVector(collection, 'words', { sparse: { modifier: 'idf' } });
    const other = stores().collections.addVector(collection, 'new', { dense: { size: 3, distance: 'Dot' } });
    await expect(other).rejects.toMatchObject({ code: 'qdrant-conflict' });
    const info = await stores().collections.describe(collection);
    expect(info).toMatchObject({ vectors: { '': { size: 2 }, new: { size: 2, distance: 'Dot' } }, sparseVectors: { words: {} } });
    expect(await everyPoint(stores(), collection, [''])).toEqual([point(integer(1))]);
  });

  it('drops a named vector, and one that is not there without effect', async () => {
    const collection = await newCollectionWithVector([integer(1)]);
    await stores().points.updateVectors(collection, [{ id: integer(1), vectors: { new: '[1.0,2.0]' } }]);
    await stores().collections.dropVector(collection, 'new');
    await stores().collections.dropVector(collection, 'never');
    expect((await stores().collections.describe(collection))?.vectors).toEqual({ '': expect.objectContaining({ size: 2 }) });
    expect(await everyPoint(stores(), collection, [''])).toEqual([point(integer(1))]);
  });

  it('sets vectors of points, and leaves payload and other vectors as they are', async () => {
    const collection = await newCollectionWithVector([integer(1), uuid(2)]);
    await stores().points.updateVectors(collection, [{ id: uuid(2), vectors: { new: '[0.1,2.0]' } }]);
    expect(await everyPoint(stores(), collection, ['', 'new'])).toEqual([
      point(integer(1)),
      point(uuid(2), undefined, { '': '[1.0,2.0]', new: '[0.1,2.0]' }),
    ]);
  });

  it('passes points over that have the vector where only missing ones are wanted', async () => {
    const collection = await newCollectionWithVector([integer(1), integer(2)]);
    await stores().points.updateVectors(collection, [{ id: integer(1), vectors: { new: '[1.0,1.0]' } }]);
    const both = [integer(1), integer(2)].map((id) => ({ id, vectors: { new: '[9.0,9.0]' } }));
    await stores().points.updateVectors(collection, both, { onlyMissing: 'new' });
    expect(await vectorsOf(collection)).toEqual([
      ['1', '[1.0,1.0]'],
      ['2', '[9.0,9.0]'],
    ]);
    await stores().points.updateVectors(collection, both);
    expect(await vectorsOf(collection)).toEqual([
      ['1', '[9.0,9.0]'],
      ['2', '[9.0,9.0]'],
    ]);
  });

  it('tells of an absent point only after it has written others, and inserts none', async () => {
    const collection = await newCollectionWithVector([integer(1)]);
    const both = [integer(1), integer(2)].map((id) => ({ id, vectors: { new: '[9.0,9.0]' } }));
    await expect(stores().points.updateVectors(collection, both)).rejects.toMatchObject({ code: 'qdrant-not-found' });
    expect(await vectorsOf(collection)).toEqual([['1', '[9.0,9.0]']]);
  });

  it('says which points lack a vector, and takes one away', async () => {
    const ids = [integer(1), integer(2n ** 64n - 1n), uuid(3)];
    const collection = await newCollectionWithVector(ids);
    expect(await stores().points.lacking(collection, { ids: [...ids, integer(99)], vector: 'new' })).toEqual(ids);
    await stores().points.updateVectors(
      collection,
      ids.map((id) => ({ id, vectors: { new: '[1.0,1.0]' } })),
    );
    expect(await stores().points.lacking(collection, { ids, vector: 'new' })).toEqual([]);
    await stores().points.removeVector(collection, [integer(1), integer(99)], 'new');
    expect(await stores().points.lacking(collection, { ids, vector: 'new' })).toEqual([integer(1)]);
    expect(await stores().points.lacking(collection, { ids: [], vector: 'new' })).toEqual([]);
  });
}

function exactnessPromises(stores: () => Stores): void {
  it('gives payloads back as they were sent', async () => {
    const collection = await newCollection(stores());
    const sent = exactPayloads.map((payload, i) => point(integer(i), payload));
    await stores().points.insertOnly(collection, sent);
    expect(await everyPoint(stores(), collection, [''])).toEqual(sent);
  });

  it('keeps ids up to 2^64 - 1 and UUIDs', async () => {
    const ids = [integer(0), integer(2n ** 53n + 1n), integer(2n ** 63n + 1n), integer(2n ** 64n - 1n), uuid(1)];
    const collection = await newFilledCollection(stores(), ids);
    const found = await stores().points.retrieve(collection, { ids, payload: false, vectors: [] });
    expect(new Set(found.map(({ id }) => id.id))).toEqual(new Set(ids.map(({ id }) => id)));
    const last = await stores().points.scrollIds(collection, { offset: integer(2n ** 63n + 1n), limit: 1 });
    expect(last).toEqual({ ids: [integer(2n ** 63n + 1n)], next: integer(2n ** 64n - 1n) });
  });

  it('copies vectors of every kind from one collection to another without changing a digit', async () => {
    const [from, to] = [await newCollection(stores(), everyKindOfVector), await newCollection(stores(), everyKindOfVector)];
    const names = ['', 'named', 'rows', 'sparse'];
    await stores().points.insertOnly(from, [
      point(integer(1), '{}', { '': '[0.1,-0.70710677]' }),
      point(integer(2), '{}', {
        '': '[1e-8,3.4028235e38]',
        named: '[0.1,0.2,0.3]',
        rows: '[[1.0,2.0],[3.0,4.0]]',
        sparse: '{"indices":[9,2],"values":[0.1,0.25]}',
      }),
      point(integer(3), '{}', { rows: '[[1.0,2.0]]' }),
      point(integer(4), '{}', {}),
    ]);
    const read = await everyPoint(stores(), from, names);
    expect(read.map(({ vectors }) => Object.keys(vectors).sort())).toEqual([[''], names, ['rows'], []]);
    await stores().points.insertOnly(to, read);
    expect(await everyPoint(stores(), to, names)).toEqual(read);
  });
}
