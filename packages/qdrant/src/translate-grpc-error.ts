import type { IncomingHttpHeaders } from 'node:http2';
import { isReembedError } from '@reembed/core';
import { type QdrantAnswer, type QdrantRequest, qdrantAnswerToError, translateQdrantError, unreachable } from './translate-qdrant-error.ts';

/**
 * gRPC's statuses, each with the HTTP status that Qdrant's REST interface has for the same error (`impl From<StorageError>` of both in its source), so that one rule
 * says what an error means. FAILED_PRECONDITION stands for a lock (403 there) and for a state that passes (500): the one that is tried again.
 */
const statuses: Readonly<Record<number, readonly [name: string, http: number]>> = {
  1: ['CANCELLED', 500],
  2: ['UNKNOWN', 500],
  3: ['INVALID_ARGUMENT', 400],
  4: ['DEADLINE_EXCEEDED', 408],
  5: ['NOT_FOUND', 404],
  6: ['ALREADY_EXISTS', 409],
  7: ['PERMISSION_DENIED', 403],
  8: ['RESOURCE_EXHAUSTED', 429],
  9: ['FAILED_PRECONDITION', 500],
  10: ['ABORTED', 500],
  11: ['OUT_OF_RANGE', 400],
  12: ['UNIMPLEMENTED', 501],
  13: ['INTERNAL', 500],
  14: ['UNAVAILABLE', 503],
  15: ['DATA_LOSS', 400],
  16: ['UNAUTHENTICATED', 401],
};
const unknown = ['UNKNOWN', 500] as const;

/** What other answers of HTTP than 200 mean: gRPC has none, so that who answers stands before the server, and knows nothing of what there is in it. */
const judgedByHttp: readonly number[] = [401, 403, 413, 429];
const elseByHttp = 503;

/** What a call was answered with instead of a message. */
class RefusedCall extends Error {
  readonly answer: QdrantAnswer;

  constructor(words: string, answer: Omit<QdrantAnswer, 'body'>) {
    super(words);
    this.name = 'RefusedCall';
    this.answer = { ...answer, body: words };
  }
}

/** No answer came. `cause`: what the network says of it. */
export class NoAnswer extends Error {}

/** Whether an answer has come to its end. */
export function saysHowItWent(head: IncomingHttpHeaders, tail: IncomingHttpHeaders): boolean {
  return (tail['grpc-status'] ?? head['grpc-status']) !== undefined;
}

/** The refusal in an answer; null where it is none. A refusal that has no message has its status among the headers. `text`: the body, of whoever speaks no gRPC. */
export function refusalOf(head: IncomingHttpHeaders, tail: IncomingHttpHeaders, text: () => string): Error | null {
  const read = (name: string) => String(tail[name] ?? head[name] ?? '');
  if (saysHowItWent(head, tail)) return refusalByStatus(read('grpc-status'), decoded(read('grpc-message')), read('retry-after'));
  const http = Number(head[':status']);
  if (http === 200 && read('content-type').startsWith('application/grpc'))
    return new NoAnswer('the answer ended before it said how the call went');
  if (http === 200) return new SyntaxError('it is not gRPC');
  const status = judgedByHttp.includes(http) ? http : elseByHttp;
  return new RefusedCall(text(), { status, name: `HTTP ${http}`, retryAfter: read('retry-after') });
}

function refusalByStatus(status: string, message: string, retryAfter: string): RefusedCall | null {
  if (status === '0') return null;
  const [name, http] = (/^\d+$/.test(status) ? statuses[Number(status)] : undefined) ?? unknown;
  // Who stands in between has limits of its own, and words for them.
  const isTooLarge = /message (length too large|larger than)/i.test(message);
  return new RefusedCall(message || `grpc-status ${status}`, { status: isTooLarge ? 413 : http, name, retryAfter });
}

/** Percent-encoded by whoever keeps to the rules. */
function decoded(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}

/** The ReembedError for whatever a call threw; anything that is no matter of gRPC as `translateQdrantError` has it. */
export function translateGrpcError(request: QdrantRequest, error: unknown): unknown {
  if (error instanceof RefusedCall) return qdrantAnswerToError(request, error.answer, error);
  if (!(error instanceof NoAnswer)) return translateQdrantError(request, error);
  const known = translateQdrantError(request, error.cause);
  return isReembedError(known) ? known : unreachable(request, error.message, error);
}
