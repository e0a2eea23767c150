import { type PointId, parseExactJson } from '@reembed/contracts';
import type { Filter } from '@reembed/core';
import { expect, it } from 'vitest';
import { integerId as integer } from '../builders/build-documents.ts';
import { everyKindOfVector, newCollection, newFilledCollection, point, type Stores, uuid } from './store-scene.ts';

export function readingPromises(stores: () => Stores): void {
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
