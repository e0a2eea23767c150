import type { Readable } from 'node:stream';
import { unwatched } from '@reembed/core';
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
  watch = unwatched,
  ...address
}: Pick<QdrantAddress, 'url' | 'apiKey' | 'watch'> & { readonly connections: number }): Forwarder {
  const { origin, prefix, headers: own } = parseQdrantUrl(address);
  const pool = new Pool(origin, { ...connectionOptions, connections });
  async function send({ method, path, headers, body = null, signal }: ForwardRequest): Promise<Forwarded> {
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
  }
  return {
    // Paths are the application's: only the method is known to be one of few.
    send: (request) => watch({ operation: `${request.method} (passed on)`, transport: 'rest' }, () => send(request)),
    close: () => pool.close(),
  };
}
