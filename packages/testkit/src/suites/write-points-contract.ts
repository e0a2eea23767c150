import type { PointId } from '@reembed/contracts';
import { payloadsEqual } from '@reembed/core';
import { expect, it } from 'vitest';
import { integerId as integer } from '../builders/build-documents.ts';
import { everyKindOfVector, everyPoint, newCollection, newFilledCollection, point, type Stores, uuid } from './store-scene.ts';

export function insertingPromises(stores: () => Stores): void {
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

export function conditionalPromises(stores: () => Stores): void {
  const filter = { must_not: [{ key: 'version', range: { gte: 3 } }] };
  const versions = async (collection: string) => (await everyPoint(stores(), collection)).map(({ payload }) => payload);

  it('replaces existing points whole where they match, leaves the others, and inserts absent ones', async () => {
    const collection = await newCollection(stores());
    await stores().points.insertOnly(collection, [point(integer(1), '{"version":2,"old":true}'), point(integer(2), '{"version":3}')]);
    const fresh = [1, 2, 3].map((id) => point(integer(id), '{"version":2,"new":true}'));
    await stores().points.upsertWhere(collection, fresh, filter);
    expect(await versions(collection)).toEqual(['{"version":2,"new":true}', '{"version":3}', '{"version":2,"new":true}']);
  });

  it('deletes points that match', async () => {
    const collection = await newCollection(stores());
    await stores().points.insertOnly(collection, [point(integer(1), '{"version":2}'), point(integer(2), '{"version":3}')]);
    await stores().points.removeWhere(collection, { must: [{ key: 'version', match: { value: 2 } }] });
    expect(await versions(collection)).toEqual(['{"version":3}']);
  });
}

export function inPlacePromises(stores: () => Stores): void {
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

const exactPayloads = [
  '{}',
  '{"empty":"","object":{},"array":[],"null":null}',
  '{"past53":9007199254740993,"u64":12345678901234567890,"i64":-9223372036854775808}',
  '{"float":1.0,"half":-0.5,"large":1e+30,"int":1}',
  '{"z":1,"a":{"z":1,"a":2}}',
  '{"text":"ü 😀 漢字 \\" \\\\ \\n ] }","ключ":"значение"}',
  `{"deep":${'{"d":['.repeat(20)}1.0${']}'.repeat(20)}}`,
];

export function exactnessPromises(stores: () => Stores): void {
  it('gives payloads back as they were sent', async () => {
    const collection = await newCollection(stores());
    const sent = exactPayloads.map((payload, i) => point(integer(i), payload));
    await stores().points.insertOnly(collection, sent);
    const stored = await everyPoint(stores(), collection, ['']);
    if (stores().keyOrder === 'lost')
      expect(stored.map((one, at) => payloadsEqual(one.payload, sent[at]?.payload ?? ''))).toEqual(sent.map(() => true));
    else expect(stored).toEqual(sent);
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
