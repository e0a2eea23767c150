import type { Collections } from '@reembed/core';
import { expect, it } from 'vitest';
import { integerId as integer } from '../builders/build-documents.ts';
import { everyKindOfVector, everyPoint, newCollection, newFilledCollection, type Stores, twoDimensions, uuid } from './store-scene.ts';

export function collectionPromises(stores: () => Stores): void {
  it('says its version', async () => {
    expect(await stores().collections.serverVersion()).toMatch(/^\d+\.\d+\.\d+/);
  });

  it('says where it is, by an address with a port and without secrets', async () => {
    expect(await stores().collections.address()).toEqual({
      url: expect.stringMatching(/^https?:\/\/[^/@]+:\d+/),
      wantsKey: expect.any(Boolean),
    });
  });

  it('finds nothing to refuse in a key that may manage, and changes nothing', async () => {
    const { collections } = stores();
    const before = [await collections.names(), await collections.aliases()];
    expect(await collections.manageRefusal()).toBeNull();
    expect([await collections.names(), await collections.aliases()]).toEqual(before);
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

  it("does not list reembed's own collections, and says what one is like all the same", async () => {
    const { collections, collectionName } = stores();
    const own = `reembed.${collectionName('own')}.set-aside`;
    await collections.create(own, { vectors: {} });
    expect(await collections.names()).not.toContain(own);
    expect(await collections.describe(own)).toMatchObject({ name: own });
    await collections.drop(own);
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

export function payloadIndexPromises(stores: () => Stores): void {
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

export function inferencePromises(stores: () => Stores): void {
  it('knows whether the server embeds texts with a model, without writing anything', async () => {
    const { collections } = stores();
    const collection = await newCollection(stores());
    expect(await collections.inferenceRefusal(collection, 'qdrant/bm25')).toBeNull();
    expect(await collections.inferenceRefusal(collection, 'nobody/knows')).toMatch(/inference/i);
    expect(await collections.count(collection)).toBe(0);
  });
}
