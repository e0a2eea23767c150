import { createQdrantLocal, type QdrantLocalOptions } from './server/qdrant-local.ts';

/** `print` takes one line at a time; `signal` stops the server. */
export type RunQdrantLocalOptions = QdrantLocalOptions & { print: (line: string) => void; signal: AbortSignal };

/** Starts a server, says what it is, and stays until `signal` is aborted. Rejects where the port is taken. */
export async function runQdrantLocal({ print, signal, ...options }: RunQdrantLocalOptions): Promise<void> {
  const server = createQdrantLocal(options);
  await server.start();
  print(`qdrant-local answers as Qdrant does at ${server.url}`);
  print('It is for development: everything is in memory, and nothing is kept when it stops.');
  if (options.faultRoute === true) print(`Fault switches: ${server.url}/qdrant-local/faults`);
  if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  await server.stop();
}
