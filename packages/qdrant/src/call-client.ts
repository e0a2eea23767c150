import { QdrantClient } from '@qdrant/js-client-rest';
import { Agent } from 'undici';
import { connectionOptions } from './connection-options.ts';
import { keepRefusals } from './keep-refusals.ts';
import { parseQdrantUrl, type QdrantAddress } from './qdrant-address.ts';
import { type QdrantRequest, translateQdrantError, UnexpectedAnswer } from './translate-qdrant-error.ts';
import { withRequestLimit } from './with-request-limit.ts';

/** The client's generated API: one function per path of Qdrant's OpenAPI. */
export type Api = ReturnType<QdrantClient['api']>;

/** One call of the client; `init` goes in as it is. */
type Invoke = (api: Api, init: RequestInit) => Promise<{ data: unknown }>;
export type CallClient = {
  /** The `result` of an answer. */
  result<T>(method: string, path: string, invoke: Invoke): Promise<T>;
  /** What `read` makes of the whole answer. */
  answer<T>(method: string, path: string, invoke: Invoke, read: (data: unknown) => T): Promise<T>;
};

/**
 * Calls to the official REST client under reembed's time limit and errors. The client's own methods take no signal, overwrite one with
 * their time limit, and lose parts of refusals; its generated API underneath takes a signal and a dispatcher and is what is called here.
 */
export function createCallClient({ url, apiKey, requestTimeoutMs }: QdrantAddress): CallClient {
  const { origin, prefix, port } = parseQdrantUrl(url);
  // As a header and not as `apiKey`: with that the client warns on the console about http.
  const headers = apiKey === undefined ? {} : { 'api-key': apiKey };
  const options = { timeout: Number.POSITIVE_INFINITY, checkCompatibility: false, headers };
  const api = new QdrantClient({ url: origin, port, ...(prefix === '' ? {} : { prefix }), ...options }).api();
  const agent = new Agent(connectionOptions).compose(keepRefusals);
  // Node's types and undici's describe the same interface apart from each other.
  const dispatcher = agent as unknown as NonNullable<RequestInit['dispatcher']>;

  const answer: CallClient['answer'] = async (method, path, invoke, read) => {
    const request: QdrantRequest = { origin, method, path };
    try {
      const { data } = await withRequestLimit(requestTimeoutMs, undefined, (signal) => invoke(api, { signal, dispatcher }));
      return read(data);
    } catch (error) {
      throw translateQdrantError(request, error instanceof SyntaxError ? new UnexpectedAnswer(error.message, { cause: error }) : error);
    }
  };
  return { answer, result: <T>(method: string, path: string, invoke: Invoke) => answer(method, path, invoke, readResult<T>) };
}

function readResult<T>(data: unknown): T {
  const result = (data as { result?: unknown } | null | undefined)?.result;
  if (result === undefined) throw new UnexpectedAnswer('it has no "result"');
  return result as T;
}
