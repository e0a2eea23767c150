import { runSearchesContract, startTestQdrant } from '@reembed/testkit';
import { createQdrantCollections } from './qdrant-collections.ts';
import { createQdrantPoints } from './qdrant-points.ts';
import { createQdrantSearches } from './qdrant-searches.ts';

runSearchesContract('Qdrant', async () => {
  const qdrant = await startTestQdrant();
  const address = { url: qdrant.url, requestTimeoutMs: 30_000, connections: 4 };
  return {
    collections: createQdrantCollections(address),
    points: createQdrantPoints(address),
    searches: createQdrantSearches(address),
    collectionName: qdrant.collectionName,
    [Symbol.asyncDispose]: () => qdrant[Symbol.asyncDispose](),
  };
});
