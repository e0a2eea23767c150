import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { ApiError } from '../api/api-error.ts';
import type { Features } from '../api/versions.ts';
import { type Answer, errorBody } from '../routes/route.ts';
import { findRoute } from '../routes/router.ts';
import type { Database } from '../storage/database.ts';
import { type FaultBoard, type FaultEffect, isLatency } from './fault-switches.ts';

/** A request as `onRequest` sees it, once its body is read; `at` in ms since 1970. */
export type SeenRequest = { method: string; path: string; body: string; at: number };

export type DispatchOptions = {
  /** Where set, requests need it in `api-key` or as a bearer token. */
  apiKey?: string;
  /** Where set, requests with this one instead may read, and write nothing. */
  readOnlyApiKey?: string;
  /** Called with every request before it is answered. */
  onRequest?: (request: SeenRequest) => void;
};

export type DispatchDeps = { database: Database; features: Features; version: string; faults: FaultBoard; options: DispatchOptions };
type Incoming = { method: string; path: string; query: URLSearchParams; body: Buffer };
type Reply = { status: number; contentType?: string; body: Buffer; headers?: Record<string, string> };

const OPEN_PATHS = ['/', '/healthz', '/readyz', '/livez'];
const EMPTY = Buffer.alloc(0);
/** The default of the real server's `max_request_size_mb`. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;

/** One request through: read it, let the faults at it, find its route, answer. */
export function createDispatcher(deps: DispatchDeps): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    try {
      const incoming = await readRequest(request);
      deps.options.onRequest?.({ method: incoming.method, path: request.url ?? '/', body: incoming.body.toString(), at: Date.now() });
      const fault = deps.faults.active ? await meetFaults(deps.faults, incoming) : undefined;
      if (fault === 'refuse' || fault === 'drop-before') {
        if (fault === 'refuse') request.socket.resetAndDestroy();
        else request.socket.destroy();
        return;
      }
      const reply = typeof fault === 'object' ? faultReply(fault) : (refusal(deps, request, incoming) ?? answer(deps, incoming));
      if (fault === 'hang') return;
      if (fault === 'drop-after') request.socket.destroy();
      else send(response, reply);
    } catch {
      request.socket.destroy();
    }
  };
}

async function readRequest(request: IncomingMessage): Promise<Incoming> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const [only, ...more] = chunks;
  const body = only === undefined ? EMPTY : more.length === 0 ? only : Buffer.concat(chunks);
  const url = request.url ?? '/';
  const at = url.indexOf('?');
  const path = at < 0 ? url : url.slice(0, at);
  return { method: request.method ?? 'GET', path, query: new URLSearchParams(at < 0 ? '' : url.slice(at + 1)), body };
}

/** Waits out the latencies and returns the fault that decides, if any. */
async function meetFaults(
  faults: FaultBoard,
  { method, path, body }: Incoming,
): Promise<Exclude<FaultEffect, { latencyMs: number }> | undefined> {
  for (const effect of faults.next({ method, path, body: body.toString() })) {
    if (!isLatency(effect)) return effect;
    await wait(effect.latencyMs);
  }
  return undefined;
}

function faultReply({ status, retryAfterSeconds, body }: { status: number; retryAfterSeconds?: number; body?: string }): Reply {
  return {
    status,
    contentType: 'application/json',
    body: body === undefined ? errorBody(`Fault switch: status ${status}`) : Buffer.from(body),
    ...(retryAfterSeconds === undefined ? {} : { headers: { 'retry-after': String(retryAfterSeconds) } }),
  };
}

/** The answer to a request without a key that may do it, where the server asks for one. */
function refusal({ options: { apiKey, readOnlyApiKey } }: DispatchDeps, request: IncomingMessage, incoming: Incoming): Reply | undefined {
  if ((apiKey === undefined && readOnlyApiKey === undefined) || OPEN_PATHS.includes(incoming.path)) return undefined;
  const bearer = /^Bearer (.*)$/i.exec(request.headers.authorization ?? '')?.[1];
  const given = [request.headers['api-key'], bearer];
  if (apiKey !== undefined && given.includes(apiKey)) return undefined;
  if (readOnlyApiKey !== undefined && given.includes(readOnlyApiKey)) {
    if (isRead(incoming)) return undefined;
    return { status: 403, contentType: 'application/json', body: errorBody('Forbidden: Global manage access is required') };
  }
  return {
    status: 401,
    contentType: 'text/plain; charset=utf-8',
    body: Buffer.from('Must provide an API key or an Authorization bearer token'),
  };
}

function isRead({ method, path }: Incoming): boolean {
  if (method === 'GET') return true;
  return (
    method === 'POST' && /^\/collections\/[^/]+\/(facet|points(\/(scroll|count|(query|search|recommend|discover)(\/.*)?))?)$/.test(path)
  );
}

function answer({ database, features, version }: DispatchDeps, { method, path, query, body }: Incoming): Reply {
  try {
    const found = findRoute(method, path);
    if (found === undefined) return { status: 404, body: EMPTY };
    if (body.length > MAX_BODY_BYTES)
      throw new ApiError(400, `JSON payload (${body.length} bytes) is larger than allowed (limit: ${MAX_BODY_BYTES} bytes).`);
    return { status: 200, ...found.route.handle({ database, features, version, params: found.params, query, body }) } satisfies Reply &
      Answer;
  } catch (error) {
    if (error instanceof ApiError)
      return error.message === ''
        ? { status: error.status, body: EMPTY }
        : { status: error.status, contentType: 'application/json', body: errorBody(error.message) };
    return {
      status: 500,
      contentType: 'application/json',
      body: errorBody(`Service internal error: qdrant-local failed: ${error instanceof Error ? error.stack : String(error)}`),
    };
  }
}

function send(response: ServerResponse, { status, contentType, body, headers }: Reply): void {
  response.writeHead(status, {
    ...(contentType === undefined ? {} : { 'content-type': contentType }),
    'content-length': body.length,
    ...headers,
  });
  response.end(body);
}
