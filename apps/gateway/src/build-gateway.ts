import { buffer } from 'node:stream/consumers';
import { type Connected, type LiveAnswer, operationOf } from '@reembed/client';
import { errorCodes } from '@reembed/contracts';
import { isReembedError } from '@reembed/core';
import type { Forwarded } from '@reembed/qdrant';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import type { Logger } from 'pino';
import { headersOf, refusalOf, sentOn } from './access.ts';
import { collectionHeader } from './collection-header.ts';
import { serveEmbeddings } from './embeddings.ts';

export type GatewayParts = Pick<Connected, 'live' | 'forwarder' | 'places' | 'texts'> & {
  readonly token: string | undefined;
  readonly log: Logger;
};

const ofCollection = /^\/collections\/([^/?]+)(\/[^?]*)?(\?.*)?$/;

/**
 * Everything is passed on to Qdrant as a stream that nobody reads, but requests that may hold texts or change points, and those for
 * embeddings. Errors of ours are in Qdrant's form.
 */
export function buildGateway({ live, forwarder, places, texts, token, log }: GatewayParts): FastifyInstance {
  const server: FastifyInstance = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    exposeHeadRoutes: false,
  });
  server.removeAllContentTypeParsers();
  // The body stays a stream; whoever wants it reads it.
  server.addContentTypeParser('*', (_request, _payload, done) => done(null));
  server.addHook('onRequest', async (request, reply) => {
    const refusal = refusalOf(request, token);
    return refusal === null ? undefined : reply.status(refusal.status).send(errorBody('unauthorized', refusal.message));
  });
  server.setErrorHandler((error, request, reply) => {
    if (!isReembedError(error)) request.log.error({ err: error, url: request.url }, 'request failed');
    const { code, message } = isReembedError(error)
      ? error
      : ({ code: 'internal', message: 'a defect of reembed; the log of the gateway says more' } as const);
    return reply.status(errorCodes[code].httpStatus).send(errorBody(code, message));
  });

  async function passOn(request: FastifyRequest, reply: FastifyReply) {
    const gone = new AbortController();
    reply.raw.once('close', () => {
      if (!reply.raw.writableFinished) gone.abort(new Error('the client has gone'));
    });
    const headers = headersOf(request.headers, token);
    const hasBody = request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined;
    const body = hasBody ? request.raw : null;
    return answer(reply, await forwarder.send({ method: request.method, path: request.url, headers, body, signal: gone.signal }), null);
  }

  async function follow(request: FastifyRequest, reply: FastifyReply, [, name = '', rest = '', query = '']: readonly string[]) {
    const { 'content-length': _, ...headers } = headersOf(request.headers, token);
    const asked = { method: request.method, name: decodeURIComponent(name), rest, query, headers, body: await buffer(request.raw) };
    const answered: LiveAnswer = await live.send(asked);
    return answer(reply, answered, answered.collection);
  }

  server.post('/v1/embeddings', serveEmbeddings({ places, texts }));
  server.all('*', async (request, reply) => {
    const parts = ofCollection.exec(request.url);
    const isOurs =
      parts !== null && operationOf(request.method, parts[2] ?? '') !== null && request.headers['content-encoding'] === undefined;
    return isOurs ? follow(request, reply, parts) : passOn(request, reply);
  });
  return server;
}

function answer(reply: FastifyReply, { status, headers, body }: Forwarded, collection: string | null) {
  reply.status(status).headers(sentOn(headers));
  if (collection !== null) reply.header(collectionHeader, collection);
  return reply.send(body);
}

/** As Qdrant says its errors. */
function errorBody(code: string, message: string) {
  return { status: { error: `${message} [${code}]` }, time: 0 };
}
