import { runCarrierContract, runStoreContract, startTestQdrant } from '@reembed/testkit';
import { startGrpcFacade } from '@reembed/testkit/servers/grpc-facade';
import { describe, expect, it } from 'vitest';
import { createBinaryRoad } from './binary-road.ts';
import { createQdrantCollections } from './qdrant-collections.ts';
import { createQdrantPoints } from './qdrant-points.ts';

/** A Qdrant with gRPC: the real one of `REEMBED_TEST_QDRANT_GRPC_URL`, or the local one behind a facade. */
async function open() {
  const stack = new AsyncDisposableStack();
  const qdrant = stack.use(await startTestQdrant());
  const grpcUrl = qdrant.grpcUrl ?? stack.use(await startGrpcFacade(qdrant.url)).url;
  const address = { url: qdrant.url, grpcUrl, requestTimeoutMs: 30_000 };
  const rest = createQdrantPoints({ ...address, connections: 4 });
  const { points, carrier, refusal } = createBinaryRoad({ ...address, rest });
  const { collectionName } = qdrant;
  const stores = { collections: createQdrantCollections(address), points, carrier, collectionName, keyOrder: 'lost' as const };
  return { ...stores, rest, refusal, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe('over gRPC', () => {
  runStoreContract('Qdrant', open);
  runCarrierContract('Qdrant', open);

  it('reads no page that holds an integer past 2^63 - 1, and writes one by REST, whole', async () => {
    await using on = await open();
    const collection = on.collectionName('past63');
    await on.collections.create(collection, { vectors: { size: 2, distance: 'Dot' } });
    const points = ['9223372036854775808', '18446744073709551615'].map((n, at) => ({
      ...({ id: { kind: 'integer', id: String(at) }, payload: `{"a":[{"n":${n}}]}`, vectors: { '': '[1.0,2.0]' } } as const),
    }));
    await on.points.insertOnly(collection, points);
    expect((await on.rest.scroll(collection, { offset: null, limit: 9, payload: true, vectors: [''] })).points).toEqual(points);
    for (const { id: offset } of points)
      expect(await on.carrier.read(collection, { offset, limit: 1, end: null, vectors: [''] })).toBeNull();
  });

  it('is known by the claim of a migration', async () => {
    await using on = await open();
    const collection = on.collectionName('claimed');
    await on.collections.create(collection, { vectors: {}, metadata: { reembed: { id: 'm1', nested: { id: 'm2' } }, id: 'm3' } });
    expect(await on.refusal({ name: collection, migrationId: 'm1' })).toBeNull();
    const other = on.collectionName('other');
    await on.collections.create(other, { vectors: {}, metadata: { reembed: { id: 'm1' } } });
    expect(await on.refusal({ name: other, migrationId: 'm2' })).toMatch(/belongs to m1: it is another/);
    expect(await on.refusal({ name: on.collectionName('nowhere'), migrationId: 'm1' })).toMatch(/it is another/);
  });
});
