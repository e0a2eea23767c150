import { startTestQdrant } from '@reembed/testkit';
import { expect, it } from 'vitest';
import { createQdrantCollections } from './qdrant-collections.ts';
import { createQdrantPoints } from './qdrant-points.ts';

it('reads and writes characters whole wherever the network cuts them', async () => {
  await using qdrant = await startTestQdrant();
  const address = { url: qdrant.url, apiKey: undefined, requestTimeoutMs: 30_000 };
  const points = createQdrantPoints({ ...address, connections: 1 });
  const collection = qdrant.collectionName('long');
  await createQdrantCollections(address).create(collection, { vectors: { size: 2, distance: 'Dot' } });
  // The first write's buffer is used again for the second, which is shorter.
  for (const [id, length] of [
    ['1', 300_000],
    ['2', 100_000],
  ] as const) {
    const payload = `{"text":"${'a語😀'.repeat(length)}"}`;
    await points.insertOnly(collection, [{ id: { kind: 'integer', id }, payload, vectors: { '': '[1.0,2.0]' } }]);
  }
  const { points: stored } = await points.scroll(collection, { offset: null, limit: 10, payload: true, vectors: [] });
  expect(stored.map(({ payload }) => payload === `{"text":"${'a語😀'.repeat((payload.length - 11) / 4)}"}`)).toEqual([true, true]);
  expect(stored.map(({ payload }) => payload.length)).toEqual([1_200_011, 400_011]);
});
