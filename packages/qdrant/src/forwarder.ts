import { Readable, type Writable } from 'node:stream';
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
  /**
   * Writes an answer as it comes to what `begin` answers, with no stream in between, and ends it: null. Where `begin` answers null, the whole answer.
   * Throws as `send` does; what was begun is destroyed then.
   */
  relay(request: ForwardRequest, begin: (status: number, headers: Forwarded['headers']) => Writable | null): Promise<Forwarded | null>;
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

  const optionsOf = ({ method, path, headers, body = null }: ForwardRequest) => ({
    method: method as Dispatcher.HttpMethod,
    path: prefix + path,
    headers: { ...own, ...headers },
    body,
  });

  async function send(request: ForwardRequest): Promise<Forwarded> {
    const { statusCode, headers, body } = await pool.request({
      ...optionsOf(request),
      ...(request.signal && { signal: request.signal }),
    });
    return { status: statusCode, headers, body };
  }

  const relay: Forwarder['relay'] = (request, begin) =>
    new Promise((resolve, reject) => {
      const { signal } = request;
      let [status, headers, to]: [number, Forwarded['headers'], Writable | null] = [0, {}, null];
      const kept: Buffer[] = [];
      pool.dispatch(optionsOf(request), {
        onRequestStart(controller) {
          const abort = () => controller.abort(signal?.reason as Error);
          if (signal?.aborted) abort();
          else signal?.addEventListener('abort', abort, { once: true });
        },
        onResponseStart(_controller, statusCode, answered) {
          // 1xx tells that the answer is still to come.
          if (statusCode < 200) return;
          [status, headers] = [statusCode, answered];
          to = begin(status, headers);
        },
        onResponseData(controller, chunk) {
          if (to === null) return void kept.push(chunk);
          if (to.write(chunk)) return;
          controller.pause();
          to.once('drain', () => controller.resume());
        },
        onResponseEnd() {
          to?.end();
          resolve(to === null ? { status, headers, body: Readable.from([Buffer.concat(kept)]) } : null);
        },
        onResponseError(_controller, error) {
          to?.destroy();
          reject(error);
        },
      });
    });

  /** Paths are the application's: only the method is known to be one of few. */
  const watched = <Answer>({ method, path, signal }: ForwardRequest, run: () => Promise<Answer>): Promise<Answer> =>
    watch({ operation: `${method} (passed on)`, transport: 'rest' }, () =>
      run().catch((error: unknown) => {
        signal?.throwIfAborted();
        throw translateQdrantError({ origin, method, path }, error);
      }),
    );
  return {
    send: (request) => watched(request, () => send(request)),
    relay: (request, begin) => watched(request, () => relay(request, begin)),
    close: () => pool.close(),
  };
}
