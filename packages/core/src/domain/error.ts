import { type ErrorCode, errorCodes, hideSecrets, type Issue } from '@reembed/contracts';

/**
 * The one error that crosses a boundary of reembed. Adapters translate a vendor's error into it once, at their edge. Its words go into replies, Redis,
 * metadata and logs, and may quote others: no secret of this process is left in them.
 */
export class ReembedError extends Error {
  readonly code: ErrorCode;
  readonly retry: 'never' | 'later';
  /** Not before this many ms, where the other side said so. */
  readonly retryAfterMs: number | undefined;
  readonly issues: readonly Issue[];

  constructor(
    code: ErrorCode,
    message: string,
    details: {
      cause?: unknown;
      retryAfterMs?: number | undefined;
      issues?: readonly Issue[];
      /** For an error that may pass by itself, but has been waited out for as long as it may be. */
      retry?: 'never';
    } = {},
  ) {
    super(hideSecrets(message), details.cause === undefined ? {} : { cause: details.cause });
    this.name = 'ReembedError';
    this.code = code;
    this.retry = details.retry ?? errorCodes[code].retry;
    this.retryAfterMs = details.retryAfterMs;
    this.issues = (details.issues ?? []).map(withoutSecrets);
  }
}

function withoutSecrets(issue: Issue): Issue {
  const { message, value } = issue;
  return { ...issue, message: hideSecrets(message), ...(typeof value === 'string' ? { value: hideSecrets(value) } : {}) };
}

export function isReembedError(error: unknown, code?: ErrorCode): error is ReembedError {
  return error instanceof ReembedError && (code === undefined || error.code === code);
}

/** Whether waiting was tried for as long as it may be, for something that may pass by itself. */
export function isWaitedOut({ code, retry }: ReembedError): boolean {
  return retry === 'never' && errorCodes[code].retry === 'later';
}

/** What of an error is stored or sent to another process: enough to throw it there under its own code. */
export type ErrorSummary = {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryAfterMs?: number;
  /** Where the code says later. */
  readonly retry?: 'never';
};

/** Anything but a ReembedError is `internal`. */
export function summarizeError(error: unknown): ErrorSummary {
  if (!isReembedError(error)) return { code: 'internal', message: hideSecrets(error instanceof Error ? error.message : String(error)) };
  const { code, message, retryAfterMs } = error;
  return {
    code,
    message,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(isWaitedOut(error) ? { retry: 'never' } : {}),
  };
}

/** The error of a summary. A code that this version does not know, because a newer process wrote it, is `internal`. */
export function errorOf({ code, message, retryAfterMs, retry }: ErrorSummary): ReembedError {
  return new ReembedError(code in errorCodes ? code : 'internal', message, { retryAfterMs, ...(retry === undefined ? {} : { retry }) });
}
