/** The reason of a request that was cancelled because it took longer than its limit. */
export class RequestLimitExceeded extends Error {
  readonly limitMs: number;

  constructor(limitMs: number) {
    super(`no answer within ${limitMs} ms`);
    this.name = 'RequestLimitExceeded';
    this.limitMs = limitMs;
  }
}

/**
 * Runs a request under a time limit that covers headers and body, and under the caller's signal. Whichever fires first cancels the request
 * itself, so its connection is closed and not only forgotten. Nothing stays behind on the caller's signal, which may live as long as its
 * process does.
 */
export async function withRequestLimit<T>(
  limitMs: number,
  signal: AbortSignal | undefined,
  request: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new RequestLimitExceeded(limitMs)), limitMs);
  const onAbort = () => controller.abort(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await request(controller.signal);
  } catch (error) {
    // Whatever the HTTP library makes of a cancelled request, the reason is what counts.
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}
