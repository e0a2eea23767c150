import { QdrantClient } from '@qdrant/js-client-rest';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openServerUnderTest, type ServerUnderTest } from './replay/server-under-test.ts';

let server: ServerUnderTest;
let client: QdrantClient;
beforeAll(async () => {
  server = await openServerUnderTest(process.env.REEMBED_TEST_QDRANT_URL);
  client = new QdrantClient({ url: server.url });
});
afterAll(() => server[Symbol.asyncDispose]());

it('the official JavaScript client manages collections and aliases', async () => {
  await server.wipe();
  await client.createCollection('books', {
    vectors: { '': { size: 2, distance: 'Cosine' }, title: { size: 2, distance: 'Dot' } },
    sparse_vectors: { words: { modifier: 'idf' } },
    metadata: { owner: 'tests' },
  });
  await client.updateCollection('books', { optimizers_config: { indexing_threshold: 0 } });
  const info = await client.getCollection('books');
  expect(info.config.metadata).toEqual({ owner: 'tests' });
  expect(info.config.optimizer_config.indexing_threshold).toBe(0);
  await client.updateCollectionAliases({ actions: [{ create_alias: { collection_name: 'books', alias_name: 'live' } }] });
  expect((await client.getAliases()).aliases).toEqual([{ alias_name: 'live', collection_name: 'books' }]);
  expect((await client.collectionExists('live')).exists).toBe(true);
  await client.createPayloadIndex('live', { field_name: 'year', field_schema: 'integer', wait: true });
  expect(Object.keys((await client.getCollection('books')).payload_schema)).toEqual(['year']);
  expect((await client.getCollections()).collections).toEqual([{ name: 'books' }]);
  expect((await client.versionInfo()).version).toMatch(/^1\./);
});

it('the official JavaScript client writes, reads, searches and deletes points', async () => {
  await server.wipe();
  await client.createCollection('books', {
    vectors: { '': { size: 2, distance: 'Cosine' }, title: { size: 2, distance: 'Dot' } },
    sparse_vectors: { words: { modifier: 'idf' } },
  });
  const uuid = 'aaaaaaaa-0000-4000-8000-000000000001';
  await client.upsert('books', {
    wait: true,
    points: [
      { id: 1, vector: { '': [1, 0], title: [1, 2] }, payload: { year: 1999, tags: ['a'] } },
      { id: 2, vector: { '': [0, 1], words: { indices: [3, 1], values: [1, 2] } }, payload: { year: 2001 } },
      { id: uuid, vector: [1, 1], payload: { year: 2010 } },
    ],
  });
  await client.upsert('books', { wait: true, update_mode: 'insert_only', points: [{ id: 1, vector: [5, 5] }] });
  const page = await client.scroll('books', { limit: 2, with_vector: true });
  expect(page.points.map((point) => point.id)).toEqual([1, 2]);
  expect(page.next_page_offset).toBe(uuid);
  expect((await client.query('books', { query: [1, 0], limit: 1, with_payload: true })).points).toMatchObject([
    { id: 1, score: 1, payload: { year: 1999 } },
  ]);
  expect((await client.query('books', { query: { indices: [1], values: [1] }, using: 'words' })).points.map((point) => point.id)).toEqual([
    2,
  ]);
  expect((await client.count('books', { filter: { must: [{ key: 'year', range: { gte: 2000 } }] } })).count).toBe(2);
  await client.setPayload('books', { wait: true, payload: { read: true }, points: [1] });
  await client.updateVectors('books', { wait: true, points: [{ id: 2, vector: { title: [3, 4] } }] });
  await client.createVectorName('books', 'new', { dense: { size: 3, distance: 'Dot' } });
  await client.deleteVectors('books', { wait: true, points: [1], vector: ['title'] });
  await client.delete('books', { wait: true, points: [uuid] });
  const left = await client.retrieve('books', { ids: [1, 2, uuid], with_payload: true, with_vector: ['title'] });
  expect(left).toEqual([
    { id: 1, payload: { year: 1999, tags: ['a'], read: true }, vector: {} },
    { id: 2, payload: { year: 2001 }, vector: { title: [3, 4] } },
  ]);
  const groups = await client.queryGroups('books', { query: [1, 0], group_by: 'year', limit: 5, group_size: 1 });
  expect(groups.groups.map((group) => group.id)).toEqual([1999, 2001]);
  const fused = await client.query('books', { prefetch: [{ query: [1, 0] }, { query: [0, 1] }], query: { fusion: 'rrf' } });
  expect(fused.points).toHaveLength(2);
});

it('the official JavaScript client gets integers past 2^53 back as they were', async () => {
  await server.wipe();
  await client.createCollection('big', { vectors: { size: 1, distance: 'Dot' } });
  const id = 9223372036854775809n;
  await fetch(`${server.url}/collections/big/points?wait=true`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: `{"points":[{"id":${id},"vector":[1],"payload":{"n":12345678901234567890}}]}`,
  });
  const [point] = (await client.scroll('big', {})).points;
  expect(String(point?.id)).toBe(String(id));
  expect(String(point?.payload?.n)).toBe('12345678901234567890');
});

it('the official JavaScript client reports what the server says about a mistake', async () => {
  await server.wipe();
  await expect(client.getCollection('nope')).rejects.toMatchObject({
    status: 404,
    data: { status: { error: "Not found: Collection `nope` doesn't exist!" } },
  });
});
