import { createQdrantLocal } from '@reembed/qdrant-local';

const server = createQdrantLocal();
await server.start();
process.once('disconnect', () => void server.stop());
process.send?.({ url: server.url });
