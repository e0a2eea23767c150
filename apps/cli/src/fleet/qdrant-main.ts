import { errorCodes } from '@reembed/contracts';
import { isReembedError } from '@reembed/core';
import { createLog, runUntilTold } from '@reembed/process';
import { createQdrantLocal } from '@reembed/qdrant-local';
import { explainTakenPort } from './local-qdrant.ts';

/** A local Qdrant as a process of its own, for `reembed demo` and `reembed dev`. The argument is its port; 0 takes a free one. */
const port = Number(process.argv[2] ?? 0);
const log = createLog('qdrant-local', 'info');
const server = createQdrantLocal({ port });
try {
  await server.start();
  await runUntilTold({ name: server.url, stop: () => server.stop() }, log, () => process.send?.({ ready: server.url }));
} catch (cause) {
  const error = explainTakenPort(cause, port);
  const code = isReembedError(error) ? error.code : 'internal';
  log.fatal({ code }, String(error instanceof Error ? error.message : error));
  process.exitCode = errorCodes[code].exitCode;
  process.disconnect?.();
}
