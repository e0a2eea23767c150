import { startTestQdrant } from '@reembed/testkit';
import { expect, it } from 'vitest';
import { createQdrantCollections } from './qdrant-collections.ts';
import { createQdrantPoints } from './qdrant-points.ts';

const point = (id: string, payload: string) => ({ id: { kind: 'integer', id }, payload, vectors: { '': '[1.0,2.0]' } }) as const;

async function startOlder() {
  const qdrant = await startTestQdrant({ asVersion: '1.16' });
  const address = { url: qdrant.url, requestTimeoutMs: 30_000 };
  const collections = createQdrantCollections(address);
  await collections.create('docs', { vectors: { size: 2, distance: 'Dot' } });
  return {
    collections,
    points: createQdrantPoints({ ...address, connections: 1 }),
    [Symbol.asyncDispose]: () => qdrant[Symbol.asyncDispose](),
  };
}

it('never overwrites on 1.16, which does not know insert_only', async () => {
  await using older = await startOlder();
  await older.points.insertOnly('docs', [point('1', '{"first":true}')]);
  await older.points.insertOnly('docs', [point('1', '{"clobbered":true}'), point('2', '{}')]);
  const { points } = await older.points.scroll('docs', { offset: null, limit: 9, payload: true, vectors: [''] });
  expect(points).toEqual([point('1', '{"first":true}'), point('2', '{}')]);
});

it('counts no pending optimizations on 1.16, which does not tell them', async () => {
  await using older = await startOlder();
  expect(await older.collections.indexing('docs')).toMatchObject({ optimizerStatus: 'ok', pendingOptimizations: 0, updateQueueLength: 0 });
});
