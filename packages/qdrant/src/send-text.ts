import { StringDecoder } from 'node:string_decoder';
import { unwatched } from '@reembed/core';
import { Pool } from 'undici';
import { connectionOptions, operationOf, parseQdrantUrl, type QdrantAddress, withRequestLimit } from './connection.ts';
import { qdrantAnswerToError, translateQdrantError } from './translate-qdrant-error.ts';

/** `connections`: how many requests may be under way at once; the rest wait, and their time limit runs. */
export type SenderOptions = QdrantAddress & { readonly connections: number };

/**
 * Decodes chunk by chunk. Joining the bytes first, as the body's own `text()` does, makes a buffer and then a string outside the heap, each
 * as long as the page; V8 answers such growth with full collections, which took another quarter of a copying worker's CPU time.
 */
async function readText(stream: AsyncIterable<Buffer>): Promise<string> {
  const decoder = new StringDecoder('utf8');
  let text = '';
  for await (const chunk of stream) text += decoder.write(chunk);
  return text + decoder.end();
}

/** One request. `read` judges and reads the text of a 2xx answer. */
type Call<T> = {
  readonly method: 'POST' | 'PUT';
  readonly path: string;
  readonly body: string | Buffer;
  /** Besides those of every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal: AbortSignal | undefined;
  readonly read: (answer: string) => T;
};

/** Sends JSON text and answers with what `read` makes of it, over a pool of its own. Errors are translated; an abort throws the signal's reason. */
export function createSender({
  requestTimeoutMs,
  connections,
  watch = unwatched,
  ...address
}: SenderOptions): <T>(call: Call<T>) => Promise<T> {
  const { origin, prefix, headers: own } = parseQdrantUrl(address);
  const pool = new Pool(origin, { ...connectionOptions, connections });
  const headers = { 'content-type': 'application/json', ...own };

  async function send<T>({ method, path, body, headers: more, signal, read }: Call<T>): Promise<T> {
    const request = { origin, method, path };
    try {
      const answer = await withRequestLimit(requestTimeoutMs, signal, async (limited) => {
        const {
          statusCode,
          headers: told,
          body: stream,
        } = await pool.request({ method, path: prefix + path, headers: { ...headers, ...more }, body, signal: limited });
        return { status: statusCode, body: await readText(stream), retryAfter: String(told['retry-after'] ?? '') };
      });
      if (answer.status < 200 || answer.status > 299) throw qdrantAnswerToError(request, answer);
      return read(answer.body);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw translateQdrantError(request, error);
    }
  }
  return (call) => watch({ operation: operationOf(call.method, call.path), transport: 'rest' }, () => send(call));
}

/** Where a collection's points are read, written and searched. */
export function pointsPath(collection: string): string {
  return `/collections/${encodeURIComponent(collection)}/points`;
}
