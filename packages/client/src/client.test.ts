import { createQdrantCollections } from '@reembed/qdrant';
import { startTestQdrant } from '@reembed/testkit';
import { expect, it } from 'vitest';
import { createClient } from './client.ts';

/** A collection of a model that needs no network. */
async function start() {
  const qdrant = await startTestQdrant();
  const [alias, collection] = [qdrant.collectionName('docs'), qdrant.collectionName('docs_v1')];
  const collections = createQdrantCollections({ url: qdrant.url, requestTimeoutMs: 10_000 });
  const vectors = { '': { model: 'hash/64', dimensions: 64, text: '{{body}}' } };
  await collections.create(collection, { vectors: { size: 64, distance: 'Cosine' }, metadata: { reembed: { vectors } } });
  await collections.pointAlias(alias, collection);
  const client = await createClient({ url: qdrant.url, env: {} });
  return {
    ...{ client, alias, collection },
    [Symbol.asyncDispose]: async () => {
      await client[Symbol.asyncDispose]();
      await qdrant[Symbol.asyncDispose]();
    },
  };
}

it('an application searches and writes texts on an alias, and names no model', async () => {
  await using on = await start();
  const { client, alias } = on;
  const big = 18_446_744_073_709_551_615n;
  await client.upsert(alias, [
    { id: 1, vector: { text: 'a cat sleeps' }, payload: { body: 'a cat sleeps' } },
    { id: big, vector: { text: 'a dog barks' }, payload: { body: 'a dog barks' } },
  ]);
  await client.setPayload(alias, { points: [big] }, { lang: 'en' });
  const found = await client.search(alias, { query: { text: 'dog barks' }, limit: 1 });
  expect(found).toMatchObject({ collection: on.collection, points: [{ id: big, payload: { body: 'a dog barks', lang: 'en' } }] });
  await client.delete(alias, { filter: { must: [{ key: 'lang', match: { value: 'en' } }] } });
  expect((await client.search(alias, { query: { text: 'dog barks' } })).points.map(({ id }) => id)).toEqual([1]);
});

it('what Qdrant refuses is an error with its words', async () => {
  await using on = await start();
  await expect(on.client.upsert(on.alias, [{ id: 1, vector: [1, 2] }])).rejects.toMatchObject({
    code: 'qdrant-refused',
    message: expect.stringContaining('expected dim: 64, got 2'),
  });
  await expect(on.client.search('nothing', { query: [1] })).rejects.toMatchObject({ code: 'qdrant-not-found' });
});
