import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createFaultBoard, type FaultSwitches } from '../faults/fault-switches.ts';
import { Database } from '../storage/database.ts';
import { createDispatcher } from './dispatch.ts';
import { featuresOf, fullVersion, NEWEST_VERSION } from './versions.ts';

/** A request as `onRequest` sees it, once its body is read; `at` in ms since 1970. */
export type SeenRequest = { method: string; path: string; body: string; at: number };

export type QdrantLocalOptions = {
  /** 0, the default, takes a free port. */
  port?: number;
  /** Default 127.0.0.1. */
  host?: string;
  /** Where set, requests need it in `api-key` or as a bearer token. */
  apiKey?: string;
  /** Behave as this version, `1.16` to `1.19`: what came later is hidden. */
  asVersion?: string;
  /** Opens the admin route for fault switches, `/qdrant-local/faults`, to other processes. */
  faultRoute?: boolean;
  /** Called with every request before it is answered. */
  onRequest?: (request: SeenRequest) => void;
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
