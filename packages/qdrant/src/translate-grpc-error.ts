import type { IncomingHttpHeaders } from 'node:http2';
import { ConnectError } from '@connectrpc/connect';
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
const ok = 0;
const unknown = 2;

/** What an answer of HTTP means that is none of gRPC (http-grpc-status-mapping.md of its documentation): who answers stands before the server. */
const byHttpStatus: Readonly<Record<number, number>> = { 400: 13, 401: 16, 403: 7, 404: 12, 429: 14, 502: 14, 503: 14, 504: 14 };

/** What a call was answered with instead of a message. */
class RefusedCall extends Error {
  readonly answer: QdrantAnswer;

  constructor(status: number, words: string, retryAfter: string) {
    super(words);
    this.name = 'RefusedCall';
    const [name, http] = statuses[status] ?? [String(status), 500];
    // Who stands in between has limits of its own, and words for them.
    const isTooLarge = /message (length too large|larger than)/i.test(words);
    this.answer = { status: isTooLarge ? 413 : http, name, body: words, retryAfter };
  }
}

/** No answer came, and no code of the network says why. */
export class NoAnswer extends Error {}

/** The refusal in an answer; null where it is none. A refusal that has no message has its status among the headers. `text`: the body, of whoever speaks no gRPC. */
export function refusalOf(head: IncomingHttpHeaders, tail: IncomingHttpHeaders, text: () => string): Error | null {
  const read = (name: string) => String(tail[name] ?? head[name] ?? '');
  const status = read('grpc-status');
  if (status !== '')
    return Number(status) === ok ? null : new RefusedCall(Number(status), decoded(read('grpc-message')), read('retry-after'));
  const http = Number(head[':status']);
  if (http === 200) return new NoAnswer('the answer ended before it said how the call went');
  return new RefusedCall(byHttpStatus[http] ?? unknown, text() || `HTTP ${http}`, read('retry-after'));
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
  // A connection that nobody answers on ends without a code of the network.
  const isSilence = error instanceof NoAnswer || (error instanceof ConnectError && error.cause === undefined);
  return isSilence
    ? unreachable(request, error instanceof ConnectError ? error.rawMessage : error.message, error)
    : translateQdrantError(request, error);
}
