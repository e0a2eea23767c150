import { openCredentials } from '@reembed/contracts';
import type { Watch } from '@reembed/core';

/** Where a Qdrant's REST interface is, and the key it wants. */
export type QdrantAddress = {
  /** `http://localhost:6333`, `https://host:6333/prefix`. Without a port Qdrant's own 6333 is meant, as in its official clients. */
  readonly url: string;
  readonly apiKey?: string | undefined;
  /** How long a request may take, answer included, in ms. */
  readonly requestTimeoutMs: number;
  /** Stands around every request; default: nobody looks. */
  readonly watch?: Watch | undefined;
};

/** `headers`: those of every request: the key, and a user and a password that stand in the URL, for a proxy before Qdrant. */
export type QdrantOrigin = {
  readonly origin: string;
  readonly prefix: string;
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
};

/**
 * The parts of a Qdrant URL. `https://host` means `usualPort` and `https://host:443` means 443: URL drops a port that is its scheme's
 * default, so the text itself is asked. Throws TypeError where it is no http(s) URL.
 */
export function parseQdrantUrl({ url: given, apiKey }: Pick<QdrantAddress, 'url' | 'apiKey'>, usualPort = 6333): QdrantOrigin {
  const { address: url, headers } = openCredentials(given);
  const parsed = new URL(url);
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') {
    throw new TypeError(`a Qdrant URL begins with http:// or https://, not ${parsed.protocol}//`);
  }
  const written = /^https?:\/\/[^/?#]*:(\d+)(?:[/?#]|$)/i.exec(url)?.[1];
  const port = written === undefined ? usualPort : Number(written);
  return {
    origin: `${parsed.protocol}//${parsed.hostname}:${port}`,
    prefix: parsed.pathname.replace(/\/+$/, ''),
    port,
    headers: { ...headers, ...(apiKey === undefined ? {} : { 'api-key': apiKey }) },
  };
}

/** A request as metrics and traces name it: without the names of collections, vectors and fields, and without what it asks. */
export function operationOf(method: string, path: string): string {
  const [place = ''] = path.split('?');
  const ours = place
    .replace(/^\/collections\/(?!aliases$)[^/]+/, '/collections/{name}')
    .replace(/^(\/collections\/\{name\}\/(?:vectors|index))\/.+$/, '$1/{name}');
  return `${method} ${ours}`;
}

/**
 * For undici's pools. Idle connections are given up before Qdrant gives them up (5 s), else a request now and then meets one that is being
 * closed. No time limits here: `withRequestLimit` sets one for headers and body together.
 */
export const connectionOptions = { keepAliveTimeout: 4_000, headersTimeout: 0, bodyTimeout: 0 } as const;

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
