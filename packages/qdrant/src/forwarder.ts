import type { Readable } from 'node:stream';
import { type Dispatcher, Pool } from 'undici';
import { connectionOptions, parseQdrantUrl, type QdrantAddress } from './connection.ts';
import { translateQdrantError } from './translate-qdrant-error.ts';

export type ForwardRequest = {
  readonly method: string;
  /** With its query, as Qdrant has it. */
  readonly path: string;
  /** Besides those of every request, and over them. */
  readonly headers?: Readonly<Record<string, string | string[] | undefined>>;
  readonly body?: string | Buffer | Readable | null;
  readonly signal?: AbortSignal | undefined;
};

/** An answer of whatever status; its body has to be read, or destroyed. */
export type Forwarded = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readable;
};

export type Forwarder = {
  /** Throws `qdrant-unreachable` where no answer comes; an abort throws the signal's reason. */
  send(request: ForwardRequest): Promise<Forwarded>;
  close(): Promise<void>;
};

/** Passes requests on as they are, over a pool of its own, without a time limit of its own: whoever asks decides how long it waits. */
export function createForwarder({
  connections,
  ...address
}: Pick<QdrantAddress, 'url' | 'apiKey'> & { readonly connections: number }): Forwarder {
  const { origin, prefix, headers: own } = parseQdrantUrl(address);
  const pool = new Pool(origin, { ...connectionOptions, connections });
  return {
    async send({ method, path, headers, body = null, signal }) {
      try {
        const answer = await pool.request({
          method: method as Dispatcher.HttpMethod,
          path: prefix + path,
          headers: { ...own, ...headers },
          body,
          ...(signal && { signal }),
        });
        return { status: answer.statusCode, headers: answer.headers, body: answer.body };
      } catch (error) {
        signal?.throwIfAborted();
        throw translateQdrantError({ origin, method, path }, error);
      }
    },
    close: () => pool.close(),
  };
}
