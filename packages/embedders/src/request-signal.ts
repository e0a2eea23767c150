/** A signal that ends a request after `timeoutMs` or when the caller's does, and can tell which. Dispose it, or the timer outlives the request. */
export function createRequestSignal(caller: AbortSignal | undefined, timeoutMs: number) {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  return {
    signal: caller ? AbortSignal.any([caller, timeout.signal]) : timeout.signal,
    get timedOut() {
      return timeout.signal.aborted;
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
    },
  };
}
