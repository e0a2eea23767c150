import { runSetAsideContract, startTestQdrant } from '@reembed/testkit';
import { createQdrantCollections } from './qdrant-collections.ts';
import { createQdrantPoints } from './qdrant-points.ts';
import { createQdrantSetAside } from './qdrant-set-aside.ts';

runSetAsideContract('a collection of its own', async () => {
  const server = await startTestQdrant();
  const address = { url: server.url, requestTimeoutMs: 10_000 };
  const setAside = createQdrantSetAside({
    collections: createQdrantCollections(address),
    points: createQdrantPoints({ ...address, connections: 4 }),
  });
  return { setAside, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
});
