import type { Dispatcher } from 'undici';

/** The name under which `keepRetryAfter` passes Retry-After on. */
export const keptRetryAfter = 'x-kept-retry-after';

/** Milliseconds from a Retry-After header, in seconds or as a date; undefined where there is none that can be read. */
export function parseRetryAfterMs(header: string | null | undefined, nowMs: number): number | undefined {
  if (header === null || header === undefined || header.trim() === '') return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, Math.ceil(seconds * 1000));
  const dateMs = Date.parse(header);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}

/**
 * An undici interceptor that renames Retry-After. The official client (1.18, 1.19) reads only the first character of that header ("30"
 * becomes 3 s) and for a date throws an error that has lost the answer; an answer without the header comes through whole.
 */
export const keepRetryAfter: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) =>
  dispatch(options, {
    onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
    onRequestUpgrade: (controller, status, headers, socket) => handler.onRequestUpgrade?.(controller, status, headers, socket),
    onResponseStart: (controller, status, { 'retry-after': retryAfter, ...headers }, message) =>
      handler.onResponseStart?.(
        controller,
        status,
        retryAfter === undefined ? headers : { ...headers, [keptRetryAfter]: retryAfter },
        message,
      ),
    onResponseData: (controller, chunk) => handler.onResponseData?.(controller, chunk),
    onResponseEnd: (controller, trailers) => handler.onResponseEnd?.(controller, trailers),
    onResponseError: (controller, error) => handler.onResponseError?.(controller, error),
  });
