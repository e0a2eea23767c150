import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { type Connected, isFollowed, type LiveAnswer, type Operation, operationOf } from '@reembed/client';
import { isReembedError } from '@reembed/core';
import type { Metrics } from '@reembed/process/metrics';
import type { ForwardRequest } from '@reembed/qdrant';
import type { Logger } from 'pino';
import { headersOf, refusalOf, sentOn } from './access.ts';
import { type Answer, answerOf, failed, isRead, refused } from './answer.ts';
import { type AskedCollection, askedCollection, withoutHost } from './asked-collection.ts';
import { collectionHeader, inHeader, sideHeader, staleHeader } from './collection-header.ts';
import { serveEmbeddings } from './embeddings.ts';
import { readBody } from './read-body.ts';

export type GatewayParts = Pick<Connected, 'live' | 'forwarder' | 'places' | 'texts'> & {
  readonly token: string | undefined;
  readonly metrics: Metrics;
  readonly log: Logger;
};

export type GatewayServer = {
  /** Answers its address. */
  listen(at: { readonly host: string; readonly port: number }): Promise<string>;
  /** Takes no connection any more, and ends once what is under way has been answered. */
  close(): Promise<void>;
};

/** What is asked, of few kinds: paths are the application's. `followed`: what may hold texts, or changes points. */
type Asked = { readonly kind: string; readonly followed: (AskedCollection & { readonly operation: Operation }) | null };

/** How long a connection may rest between two requests, in ms: longer than load balancers let theirs rest. */
const restMs = 72_000;

/**
 * Everything is passed on to Qdrant as a stream that nobody reads, but requests that may hold texts or change points, and those for
 * embeddings. Errors of ours are in Qdrant's form. The server is Node's own, without a framework around it: most of what comes is passed on, and
 * pays for each layer that it goes through.
 */
export function buildGateway({ live, forwarder, places, texts, token, metrics, log }: GatewayParts): GatewayServer {
  const embeddings = serveEmbeddings({ places, texts });
  // A body may come as slowly as its application likes; Qdrant has limits of its own.
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: restMs, noDelay: true }, (request, response) => {
    void serve(request, response);
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const began = performance.now();
    const asked = askedBy(request);
    const gone = new AbortController();
    // Whoever has gone is written to no more; that something was on its way is no fault.
    response.on('error', () => {});
    response.once('close', () => {
      if (!response.writableFinished) gone.abort(new Error('the client has gone'));
      const status = response.headersSent ? `${Math.floor(response.statusCode / 100)}xx` : 'gone';
      metrics.observe('reembed_gateway_request_seconds', { kind: asked.kind, status }, (performance.now() - began) / 1_000);
      if (!server.listening) server.closeIdleConnections();
    });
    try {
      await answerTo(request, response, asked, gone.signal);
    } catch (error) {
      // Nobody is there to be answered, and that is no fault.
      if (!isReembedError(error) && !response.destroyed) log.error({ err: error, url: request.url }, 'request failed');
      if (!response.headersSent) send(response, failed(asked.kind, error));
    }
  }

  async function answerTo(request: IncomingMessage, response: ServerResponse, asked: Asked, signal: AbortSignal): Promise<void> {
    const { method = '', url = '', headers } = request;
    const refusal = refusalOf(request, token);
    if (refusal !== null) return send(response, refused(asked.kind, refusal.status, 'unauthorized', refusal.message));
    if (asked.kind === 'embeddings') return send(response, await embeddings(request));
    const sent = { method, path: withoutHost(url), headers: headersOf(headers, token), signal };
    if (asked.followed === null) return passOn(response, { ...sent, body: hasBody(headers) ? request : null });
    const { operation, ...collection } = asked.followed;
    const read = { ...sent, ...(await readBody(request, sent.headers)) };
    if (!isFollowed(operation, read.body)) return passOn(response, read);
    const answered = await live.send({ ...read, ...collection });
    return send(response, await answerOf(answered, ourHeaders(answered)));
  }

  /** As it comes, but for what is no success, which is read first. */
  async function passOn(response: ServerResponse, request: ForwardRequest): Promise<void> {
    const whole = await forwarder.relay(request, (status, headers) =>
      isRead(status) ? null : response.writeHead(status, ending(sentOn(headers))),
    );
    if (whole !== null) send(response, await answerOf(whole));
  }

  function send(response: ServerResponse, { status, headers, body }: Answer): void {
    response.writeHead(status, ending(headers));
    if (!(body instanceof Readable)) return void response.end(body);
    // What ends in the middle has to be seen as that, and what nobody reads gives its connection back.
    body.once('error', () => response.destroy());
    response.once('close', () => body.destroy());
    body.pipe(response);
  }

  /** Once no connection is taken any more, those that are there end with what they are answered. */
  function ending(headers: Answer['headers']): Answer['headers'] {
    return server.listening ? headers : { ...headers, connection: 'close' };
  }

  return {
    async listen({ host, port }) {
      server.listen(port, host);
      await once(server, 'listening');
      const { address, family, port: taken } = server.address() as AddressInfo;
      return `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`;
    },
    // One that is closed already says so, and is no less closed.
    close: () => new Promise((done) => void server.close(() => done())),
  };
}

function askedBy({ method = '', url = '' }: IncomingMessage): Asked {
  if (method === 'POST' && /^\/v1\/embeddings(\?|$)/.test(url)) return { kind: 'embeddings', followed: null };
  const asked = askedCollection(url);
  const operation = asked === null ? null : operationOf(method, asked.rest);
  return asked === null || operation === null
    ? { kind: 'passed-on', followed: null }
    : { kind: operation, followed: { ...asked, operation } };
}

function hasBody(headers: IncomingMessage['headers']): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

function ourHeaders({ collection, side, stale }: LiveAnswer): Readonly<Record<string, string>> {
  return {
    // The unnamed vector has to be seen, too.
    ...(stale !== undefined && { [staleHeader]: stale.map((vector) => inHeader(vector) || '""').join(', ') }),
    ...(side !== undefined && { [sideHeader]: side }),
    ...(collection !== null && { [collectionHeader]: inHeader(collection) }),
  };
}
