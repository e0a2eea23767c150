import { QdrantClient } from '@qdrant/js-client-rest';
import { unwatched } from '@reembed/core';
import { Agent, type Dispatcher } from 'undici';
import { connectionOptions, operationOf, parseQdrantUrl, type QdrantAddress, withRequestLimit } from './connection.ts';
import { keptRetryAfter, type QdrantRequest, translateQdrantError } from './translate-qdrant-error.ts';

/** The client's generated API: one function per path of Qdrant's OpenAPI. */
export type Api = ReturnType<QdrantClient['api']>;

/** One call of the client; `init` goes in as it is. */
type Invoke = (api: Api, init: RequestInit) => Promise<{ data: unknown }>;
export type RestClient = {
  /** The `result` of an answer. */
  result<T>(method: string, path: string, invoke: Invoke): Promise<T>;
  /** What `read` makes of the whole answer. */
  answer<T>(method: string, path: string, invoke: Invoke, read: (data: unknown) => T): Promise<T>;
};

/**
 * Calls to the official REST client under reembed's time limit and errors. The client's own methods take no signal, overwrite one with
 * their time limit, and lose parts of refusals; its generated API underneath takes a signal and a dispatcher and is what is called here.
 */
export function createRestClient({ requestTimeoutMs, watch = unwatched, ...address }: QdrantAddress): RestClient {
  // The key as a header and not as `apiKey`: with that the client warns on the console about http.
  const { origin, prefix, port, headers } = parseQdrantUrl(address);
  const options = { timeout: Number.POSITIVE_INFINITY, checkCompatibility: false, headers };
  const api = new QdrantClient({ url: origin, port, ...(prefix === '' ? {} : { prefix }), ...options }).api();
  const agent = new Agent(connectionOptions).compose(keepRefusals);
  // Node's types and undici's describe the same interface apart from each other.
  const dispatcher = agent as unknown as NonNullable<RequestInit['dispatcher']>;

  const ask = async <T>(request: QdrantRequest, invoke: Invoke, read: (data: unknown) => T): Promise<T> => {
    try {
      const { data } = await withRequestLimit(requestTimeoutMs, undefined, (signal) => invoke(api, { signal, dispatcher }));
      return read(data);
    } catch (error) {
      throw translateQdrantError(request, error);
    }
  };
  const answer: RestClient['answer'] = (method, path, invoke, read) =>
    watch({ operation: operationOf(method, path), transport: 'rest' }, () => ask({ origin, method, path }, invoke, read));
  return { answer, result: <T>(method: string, path: string, invoke: Invoke) => answer(method, path, invoke, readResult<T>) };
}

function readResult<T>(data: unknown): T {
  const result = (data as { result?: unknown } | null | undefined)?.result;
  if (result === undefined) throw new SyntaxError('it has no "result"');
  return result as T;
}

type AnswerHeaders = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];

/**
 * An undici interceptor that brings answers other than 2xx through the official client (1.18, 1.19) whole. The client reads only the first
 * character of Retry-After ("30" becomes 3 s) and for a date throws an error that has lost the answer: the header gets another name. And a
 * body that is said to be JSON and is not (empty, a proxy's page) ends in a SyntaxError without the status: its type is left out.
 */
const keepRefusals: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) =>
  dispatch(options, {
    onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
    onRequestUpgrade: (controller, status, headers, socket) => handler.onRequestUpgrade?.(controller, status, headers, socket),
    onResponseStart: (controller, status, headers, message) =>
      handler.onResponseStart?.(controller, status, status < 300 ? headers : disguise(headers), message),
    onResponseData: (controller, chunk) => handler.onResponseData?.(controller, chunk),
    onResponseEnd: (controller, trailers) => handler.onResponseEnd?.(controller, trailers),
    onResponseError: (controller, error) => handler.onResponseError?.(controller, error),
  });

function disguise({ 'retry-after': retryAfter, 'content-type': _type, ...headers }: AnswerHeaders): AnswerHeaders {
  return retryAfter === undefined ? headers : { ...headers, [keptRetryAfter]: retryAfter };
}
