import { type PointId, quoteForeign } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';
import { startTestQdrant } from '@reembed/testkit';
import { expect, it } from 'vitest';
import { createQdrantCollections } from './qdrant-collections.ts';
import { createQdrantPoints } from './qdrant-points.ts';
import { createStrictLimits } from './strict-limits.ts';

it('a collection whose strict mode answers few points at once is read in smaller pages, by every read, and whole', async () => {
  await using qdrant = await startTestQdrant();
  const address = { url: qdrant.url, requestTimeoutMs: 30_000 };
  const collections = createQdrantCollections(address);
  const points = createQdrantPoints({ ...address, connections: 2 });
  const name = qdrant.collectionName('strict');
  await collections.create(name, { vectors: { a: { size: 2, distance: 'Dot' } } });
  const ids = Array.from({ length: 10 }, (_, at) => ({ kind: 'integer' as const, id: String(at + 1) }));
  await points.insertOnly(
    name,
    ids.map((id) => ({ id, payload: '{"n":1}', vectors: Number(id.id) % 2 === 0 ? { a: '[1.0,0.0]' } : {} })),
  );
  await collections.patch(name, { strict_mode_config: { enabled: true, max_query_limit: 3 } });

  const read: PointId[] = [];
  for (let offset: PointId | null = null; ; ) {
    const page: Awaited<ReturnType<typeof points.scroll>> = await points.scroll(name, { offset, limit: 256, payload: true, vectors: [] });
    expect(page.points.length).toBeLessThanOrEqual(3);
    read.push(...page.points.map(({ id }) => id));
    if (page.next === null) break;
    offset = page.next;
  }
  expect(read).toEqual(ids);
  expect(await points.scrollIds(name, { offset: null, limit: 8 })).toEqual({ ids: ids.slice(0, 8), next: ids[8] });
  expect(await points.lacking(name, { ids, vector: 'a' })).toEqual(ids.filter(({ id }) => Number(id) % 2 === 1));
  const filter = { must: [{ has_vector: 'a' }] };
  expect(await points.retrieve(name, { ids, payload: false, vectors: [], filter })).toHaveLength(5);
  expect(await points.sample(name, 256)).toHaveLength(3);
});

it('a limit is learnt by one refusal, learnt again where it falls, tried again after ten minutes, and nothing else is asked twice', async () => {
  let minutes = 0;
  const { within } = createStrictLimits(() => minutes * 60_000);
  const asked: number[] = [];
  let most = 100;
  const ask = async (limit: number) => {
    asked.push(limit);
    if (limit > most)
      throw new ReembedError('qdrant-too-large', quoteForeign(`Limit exceeded ${limit} > ${most} for "limit". Help: Reduce it`));
    return limit;
  };
  expect(await within('a', 256, ask)).toBe(100);
  expect(await within('a', 256, ask)).toBe(100);
  expect(await within('a', 7, ask)).toBe(7);
  most = 10;
  expect(await within('a', 256, ask)).toBe(10);
  expect(asked).toEqual([256, 100, 100, 7, 100, 10]);
  [most, minutes] = [1_000, 9];
  expect(await within('a', 256, ask)).toBe(10);
  minutes = 10;
  expect(await within('a', 256, ask)).toBe(256);
  const other = async () => Promise.reject(new ReembedError('qdrant-too-large', quoteForeign('Limit exceeded 5 > 4 for "upsert limit"')));
  await expect(within('b', 5, other)).rejects.toMatchObject({ code: 'qdrant-too-large' });
});
