import type { Socket } from 'node:net';
import { type ErrorReply, errorCodes } from '@reembed/contracts';
import { isReembedError } from '@reembed/core';
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { followAllowedMethods } from './routes/allowed-methods.ts';

/** Answers every error, and every path that is none, in the same shape. */
export function answerErrors(server: FastifyInstance): void {
  server.setErrorHandler((error, request, reply) => {
    const { status, body } = errorReply(error, request);
    if (status >= 500) request.log.error({ err: error, url: request.url }, 'request failed');
    return reply.status(status).send(body);
  });
  const allowedMethods = followAllowedMethods(server);
  server.setNotFoundHandler((request, reply) => {
    const [path = ''] = request.url.split('?');
    const allowed = allowedMethods(path);
    // A route of files answers so where it has none of that name.
    if (allowed.length === 0 || allowed.includes(request.method))
      return reply.status(404).send({ code: 'not-found', message: `there is no ${path}; see /docs` });
    const message = `${request.method} is not for ${path}: ${allowed.join(', ')} ${allowed.length === 1 ? 'is' : 'are'}; see /docs`;
    return reply.status(405).header('allow', allowed.join(', ')).send({ code: 'method-not-allowed', message });
  });
}

/** What Node's parser refuses, which comes to no route, by the code of its error. */
const unparsed: Readonly<Record<string, readonly [status: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'the headers are longer than 16 KiB'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'the request did not arrive in time'],
};

/** Answers what is no request in the shape of every error, and ends its connection. */
export function answerNoRequest({ code }: { readonly code: string }, socket: Socket): void {
  if (code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const [status, message] = unparsed[code] ?? ['400 Bad Request', 'this is no HTTP request that can be read'];
  const body = JSON.stringify({ code: 'invalid-request', message } satisfies ErrorReply);
  const headers = [
    'content-type: application/json',
    'x-content-type-options: nosniff',
    `content-length: ${body.length}`,
    'connection: close',
  ];
  socket.end(`HTTP/1.1 ${status}\r\n${headers.join('\r\n')}\r\n\r\n${body}`);
}

type Sent = Partial<Pick<FastifyRequest, 'body' | 'headers' | 'params' | 'query'>>;

/** The status and body that an error becomes; what is not expected becomes `internal`, and its text stays in the log. `sent`: what was refused. */
export function errorReply(error: unknown, sent: Sent = {}): { status: number; body: ErrorReply } {
  if (isReembedError(error)) {
    const body = { code: error.code, message: error.message, ...(error.issues.length > 0 ? { issues: [...error.issues] } : {}) };
    return { status: errorCodes[error.code].httpStatus, body };
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    const part = error.validationContext === 'querystring' ? sent.query : sent[error.validationContext ?? 'body'];
    const issues = error.validation.map(({ instancePath, message }) => {
      const path = instancePath.split('/').slice(1);
      return { field: path.join('.'), value: valueAt(part, path), message: message ?? 'is not valid' };
    });
    const message = issues.map((issue) => `${issue.field || 'the body'}: ${issue.message}`).join('; ');
    return { status: 400, body: { code: 'invalid-request', message, issues } };
  }
  const status = (error as Partial<FastifyError>).statusCode ?? 500;
  if (status >= 400 && status < 500) return { status, body: { code: 'invalid-request', message: (error as Error).message } };
  return { status: 500, body: { code: 'internal', message: 'a defect of reembed; the log of the coordinator says more' } };
}

/** Undefined where nothing stands there. */
function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, name) => (Object.hasOwn(Object(inner), name) ? Object(inner)[name] : undefined), value);
}
