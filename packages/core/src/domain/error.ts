import { type ErrorCode, errorCodes, type Issue } from '@reembed/contracts';

/** The one error that crosses a boundary of reembed. Adapters translate a vendor's error into it once, at their edge. */
export class ReembedError extends Error {
  readonly code: ErrorCode;
  readonly retry: 'never' | 'later';
  /** Not before this many ms, where the other side said so. */
  readonly retryAfterMs: number | undefined;
  readonly issues: readonly Issue[];

  constructor(
    code: ErrorCode,
    message: string,
    details: { cause?: unknown; retryAfterMs?: number | undefined; issues?: readonly Issue[] } = {},
  ) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.name = 'ReembedError';
    this.code = code;
    this.retry = errorCodes[code].retry;
    this.retryAfterMs = details.retryAfterMs;
    this.issues = details.issues ?? [];
  }
}

export function isReembedError(error: unknown, code?: ErrorCode): error is ReembedError {
  return error instanceof ReembedError && (code === undefined || error.code === code);
}
