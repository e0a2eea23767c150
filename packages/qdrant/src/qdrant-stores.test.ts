import { runStoreContract, startTestQdrant } from '@reembed/testkit';
import { createQdrantCollections } from './qdrant-collections.ts';
import { createQdrantPoints } from './qdrant-points.ts';

runStoreContract('Qdrant', async () => {
  const qdrant = await startTestQdrant();
  const address = { url: qdrant.url, requestTimeoutMs: 30_000 };
  return {
    collections: createQdrantCollections(address),
    points: createQdrantPoints({ ...address, connections: 4 }),
    collectionName: qdrant.collectionName,
    [Symbol.asyncDispose]: () => qdrant[Symbol.asyncDispose](),
  };
});
