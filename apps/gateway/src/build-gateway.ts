import { type Connected, type LiveAnswer, operationOf } from '@reembed/client';
import { errorCodes, hideSecrets } from '@reembed/contracts';
import { isReembedError } from '@reembed/core';
import type { Metrics } from '@reembed/process/metrics';
import type { Forwarded } from '@reembed/qdrant';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import type { Logger } from 'pino';
import { headersOf, refusalOf, sentOn } from './access.ts';
import { type AskedCollection, askedCollection } from './asked-collection.ts';
import { collectionHeader, inHeader, sideHeader } from './collection-header.ts';
import { serveEmbeddings } from './embeddings.ts';
import { readBody } from './read-body.ts';

export type GatewayParts = Pick<Connected, 'live' | 'forwarder' | 'places' | 'texts'> & {
  readonly token: string | undefined;
  readonly metrics: Metrics;
  readonly log: Logger;
};

/**
 * Everything is passed on to Qdrant as a stream that nobody reads, but requests that may hold texts or change points, and those for
 * embeddings. Errors of ours are in Qdrant's form.
 */
export function buildGateway({ live, forwarder, places, texts, token, metrics, log }: GatewayParts): FastifyInstance {
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
    return refusal === null ? undefined : reply.status(refusal.status).send(errorBody(request, 'unauthorized', refusal.message));
  });
  server.addHook('onResponse', async (request, { statusCode, elapsedTime }) => {
    const labels = { kind: kindOf(request), status: `${Math.floor(statusCode / 100)}xx` };
    metrics.observe('reembed_gateway_request_seconds', labels, elapsedTime / 1_000);
  });
  server.setErrorHandler((error: FastifyError, request, reply) => {
    const { statusCode = 500 } = error;
    if (statusCode < 500) return reply.status(statusCode).send(errorBody(request, 'invalid-request', error.message));
    // Nobody is there to be answered, and that is no fault.
    if (!isReembedError(error) && !reply.raw.destroyed) request.log.error({ err: error, url: request.url }, 'request failed');
    const { code, message } = isReembedError(error)
      ? error
      : ({ code: 'internal', message: 'a defect of reembed; the log of the gateway says more' } as const);
    return reply.status(errorCodes[code].httpStatus).send(errorBody(request, code, message));
  });

  async function passOn(request: FastifyRequest, reply: FastifyReply) {
    const headers = headersOf(request.headers, token);
    const hasBody = request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined;
    const body = hasBody ? request.raw : null;
    const sent = { method: request.method, path: request.url, headers, body, signal: untilGone(reply) };
    return answer(reply, await forwarder.send(sent), null);
  }

  async function follow(request: FastifyRequest, reply: FastifyReply, asked: AskedCollection) {
    const signal = untilGone(reply);
    const read = await readBody(request.raw, headersOf(request.headers, token));
    const answered: LiveAnswer = await live.send({ method: request.method, ...asked, ...read, signal });
    if (answered.side !== undefined) reply.header(sideHeader, answered.side);
    return answer(reply, answered, answered.collection);
  }

  server.post('/v1/embeddings', serveEmbeddings({ places, texts }));
  server.all('*', async (request, reply) => {
    const asked = askedCollection(request.url);
    const isOurs = asked !== null && operationOf(request.method, asked.rest) !== null;
    return isOurs ? follow(request, reply, asked) : passOn(request, reply);
  });
  return server;
}

function isEmbeddings(url: string): boolean {
  return url.split('?')[0] === '/v1/embeddings';
}

/** What is asked, of few: paths are the application's. */
function kindOf({ method, url }: FastifyRequest): string {
  if (isEmbeddings(url)) return 'embeddings';
  const asked = askedCollection(url);
  return (asked && operationOf(method, asked.rest)) ?? 'passed-on';
}

/** Ends what is asked for a client that has gone. */
function untilGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort(new Error('the client has gone'));
  });
  return gone.signal;
}

async function answer(reply: FastifyReply, answered: Forwarded, collection: string | null) {
  const { status, headers, body } = answered.status < 400 ? answered : await withoutSecrets(answered);
  reply.status(status).headers(sentOn(headers));
  if (collection !== null) reply.header(collectionHeader, inHeader(collection));
  return reply.send(body);
}

/** An error is read, because a proxy before Qdrant may say back what it was sent: the gateway's own key is none of the application's business. */
async function withoutSecrets({ status, ...answered }: Forwarded) {
  const { headers, body } = await readBody(answered.body, answered.headers);
  return { status, headers, body: hideSecrets(body.toString()) };
}

/** As Qdrant says its errors, and where OpenAI's API is spoken as that does. */
function errorBody({ url }: Pick<FastifyRequest, 'url'>, code: string, message: string) {
  if (isEmbeddings(url)) return { error: { message, type: code, param: null, code } };
  return { status: { error: `${message} [${code}]` }, time: 0 };
}
