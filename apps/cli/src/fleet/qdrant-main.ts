import { createLog, runUntilTold } from '@reembed/process';
import { createQdrantLocal } from '@reembed/qdrant-local';

/** A local Qdrant as a process of its own, for `reembed demo` and `reembed dev`. The argument is its port; 0 takes a free one. */
const server = createQdrantLocal({ port: Number(process.argv[2] ?? 0) });
await server.start();
process.send?.({ ready: server.url });
await runUntilTold({ name: server.url, stop: () => server.stop() }, createLog('qdrant-local', 'info'));
