import { runAuditContract, startTestQdrant } from '@reembed/testkit';
import { createQdrantAudit } from './qdrant-audit.ts';
import { createQdrantCollections } from './qdrant-collections.ts';
import { createQdrantPoints } from './qdrant-points.ts';

runAuditContract('a collection of its own', async () => {
  const server = await startTestQdrant();
  const address = { url: server.url, requestTimeoutMs: 10_000 };
  const stores = { collections: createQdrantCollections(address), points: createQdrantPoints({ ...address, connections: 4 }) };
  return {
    audit: createQdrantAudit(stores, server.collectionName('audit')),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
});
