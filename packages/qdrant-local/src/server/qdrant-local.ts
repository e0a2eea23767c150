import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { featuresOf, fullVersion, NEWEST_VERSION } from '../api/versions.ts';
import { Database } from '../storage/database.ts';
import { createDispatcher, type DispatchOptions } from './dispatch.ts';
import { createFaultBoard, type FaultSwitches } from './fault-switches.ts';

export type QdrantLocalOptions = DispatchOptions & {
  /** 0, the default, takes a free port. */
  port?: number;
  /** Default 127.0.0.1. */
  host?: string;
  /** Behave as this version, `1.16` to `1.19`: what came later is hidden. */
  asVersion?: string;
};

/**
 * A local server with Qdrant's REST interface, everything in memory. Stopped and started again it is as after a restart: connections are refused in between,
 * port and data are the same.
 */
export type QdrantLocal = {
  readonly name: 'qdrant-local';
  readonly url: string;
  readonly port: number;
  readonly faults: FaultSwitches;
  start(): Promise<void>;
  stop(): Promise<void>;
};

/** Makes a server that is not listening yet; `url` and `port` are known after `start`, and before it where `port` was given. Throws RangeError for an unknown version. */
export function createQdrantLocal(options: QdrantLocalOptions = {}): QdrantLocal {
  const host = options.host ?? '127.0.0.1';
  const version = fullVersion(options.asVersion ?? NEWEST_VERSION);
  const faults = createFaultBoard();
  const features = featuresOf(version);
  const dispatch = createDispatcher({ database: new Database(features), features, version, faults, options });
  const server = createServer(
    { keepAliveTimeout: 75_000, requestTimeout: 0 },
    (request: IncomingMessage, response: ServerResponse) => void dispatch(request, response),
  );
  let port = options.port ?? 0;
  return {
    name: 'qdrant-local',
    get url() {
      return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
    },
    get port() {
      return port;
    },
    faults,
    async start() {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      server.once('error', reject);
      server.listen(port, host, resolve);
      await promise;
      server.off('error', reject);
      port = (server.address() as AddressInfo).port;
    },
    async stop() {
      if (!server.listening) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      server.closeAllConnections();
      await promise;
    },
  };
}

/** `print` takes one line at a time; `signal` stops the server. */
export type RunQdrantLocalOptions = QdrantLocalOptions & { print: (line: string) => void; signal: AbortSignal };

/** Starts a server, says what it is, and stays until `signal` is aborted. Rejects where the port is taken. */
export async function runQdrantLocal({ print, signal, ...options }: RunQdrantLocalOptions): Promise<void> {
  const server = createQdrantLocal(options);
  await server.start();
  print(`qdrant-local answers as Qdrant does at ${server.url}`);
  print('It is for development: everything is in memory, and nothing is kept when it stops.');
  if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  await server.stop();
}
