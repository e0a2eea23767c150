import { runLateWritesContract, startTestQdrant } from '@reembed/testkit';
import { createQdrantCollections } from './qdrant-collections.ts';
import { createQdrantLateWrites } from './qdrant-late-writes.ts';
import { createQdrantPoints } from './qdrant-points.ts';

runLateWritesContract('a collection of their own', async () => {
  const server = await startTestQdrant();
  const address = { url: server.url, requestTimeoutMs: 10_000 };
  const lateWrites = createQdrantLateWrites({
    collections: createQdrantCollections(address),
    points: createQdrantPoints({ ...address, connections: 4 }),
  });
  return { lateWrites, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
});
