import { recordsCollection } from '@reembed/contracts';
import { buildRecord, runRecordsContract, startTestQdrant } from '@reembed/testkit';
import { expect, it } from 'vitest';
import { createQdrantCollections } from './qdrant-collections.ts';
import { createQdrantPoints } from './qdrant-points.ts';
import { createQdrantRecords } from './qdrant-records.ts';

async function open() {
  const server = await startTestQdrant();
  const address = { url: server.url, requestTimeoutMs: 10_000 };
  const stores = { collections: createQdrantCollections(address), points: createQdrantPoints({ ...address, connections: 4 }) };
  return { ...stores, records: createQdrantRecords(stores), [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

runRecordsContract('a collection for all of them', open);

it('names a record that another version kept, and leaves it out of lists', async () => {
  await using on = await open();
  const { view } = buildRecord({ id: 'of-another-version' });
  await on.records.keep(buildRecord({ id: 'of-another-version' }));
  const { points } = await on.points.scroll(recordsCollection, { offset: null, limit: 100, payload: true, vectors: [] });
  const changed = points.filter(({ payload }) => payload.includes('of-another-version'));
  await on.points.updateOnly(
    recordsCollection,
    changed.map((point) => ({ ...point, payload: point.payload.replace('"format":1', '"format":2') })),
  );
  await expect(on.records.load(view.id)).rejects.toMatchObject({ code: 'metadata-damaged', message: expect.stringContaining(view.id) });
  expect((await on.records.list()).map((record) => record.view.id)).not.toContain(view.id);
  await on.records.forget(view.id);
});
