import { type ServiceError, status } from '@grpc/grpc-js';
import { type QdrantRequest, qdrantAnswerToError, translateQdrantError } from './translate-qdrant-error.ts';

/**
 * The HTTP status that Qdrant's REST interface has for the same error (`impl From<StorageError>` of both in its source), so that one rule says
 * what an error means. FAILED_PRECONDITION stands for a lock (403 there) and for a state that passes (500): the one that is tried again.
 */
const httpStatus: Readonly<Record<number, number>> = {
  [status.INVALID_ARGUMENT]: 400,
  [status.DEADLINE_EXCEEDED]: 408,
  [status.NOT_FOUND]: 404,
  [status.ALREADY_EXISTS]: 409,
  [status.PERMISSION_DENIED]: 403,
  [status.RESOURCE_EXHAUSTED]: 429,
  [status.OUT_OF_RANGE]: 400,
  [status.UNIMPLEMENTED]: 501,
  [status.UNAVAILABLE]: 503,
  [status.DATA_LOSS]: 400,
  [status.UNAUTHENTICATED]: 401,
};

/** The ReembedError for whatever a call threw; anything that is no matter of gRPC as `translateQdrantError` has it. */
export function translateGrpcError(request: QdrantRequest, error: unknown): unknown {
  if (!isServiceError(error)) return translateQdrantError(request, error);
  const { code, details, metadata } = error;
  const answer = {
    // Who stands in between has limits of its own, and words for them.
    status: /message (length too large|larger than)/i.test(details) ? 413 : (httpStatus[code] ?? 500),
    name: status[code] ?? String(code),
    body: details,
    retryAfter: String(metadata.get('retry-after')[0] ?? ''),
  };
  return qdrantAnswerToError(request, answer, error);
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' && 'details' in error && 'metadata' in error;
}
