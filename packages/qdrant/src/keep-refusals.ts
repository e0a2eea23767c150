import type { Dispatcher } from 'undici';

/** The name under which `keepRefusals` passes Retry-After on. */
export const keptRetryAfter = 'x-kept-retry-after';

type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];

/**
 * An undici interceptor that brings answers other than 2xx through the official client (1.18, 1.19) whole. The client reads only the first
 * character of Retry-After ("30" becomes 3 s) and for a date throws an error that has lost the answer: the header gets another name. And a
 * body that is said to be JSON and is not (empty, a proxy's page) ends in a SyntaxError without the status: its type is left out.
 */
export const keepRefusals: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) =>
  dispatch(options, {
    onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
    onRequestUpgrade: (controller, status, headers, socket) => handler.onRequestUpgrade?.(controller, status, headers, socket),
    onResponseStart: (controller, status, headers, message) =>
      handler.onResponseStart?.(controller, status, status < 300 ? headers : disguise(headers), message),
    onResponseData: (controller, chunk) => handler.onResponseData?.(controller, chunk),
    onResponseEnd: (controller, trailers) => handler.onResponseEnd?.(controller, trailers),
    onResponseError: (controller, error) => handler.onResponseError?.(controller, error),
  });

function disguise({ 'retry-after': retryAfter, 'content-type': _type, ...headers }: Headers): Headers {
  return retryAfter === undefined ? headers : { ...headers, [keptRetryAfter]: retryAfter };
}
