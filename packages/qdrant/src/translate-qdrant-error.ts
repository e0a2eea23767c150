import { hideSecrets, quoteForeign } from '@reembed/contracts';
import { isReembedError, ReembedError, readRetryAfter } from '@reembed/core';
import { RequestLimitExceeded } from './connection.ts';

/** What a message may say of a request: never its headers, where the API key is. */
export type QdrantRequest = { readonly origin: string; readonly method: string; readonly path: string };

/** An answer that is not 2xx. `body` as text or parsed; `name`: what messages call the status, where that is not its number. */
export type QdrantAnswer = {
  readonly status: number;
  readonly name?: string;
  readonly body: unknown;
  readonly retryAfter: string | null | undefined;
};

/** The header under which the answers of `rest-client.ts` carry Retry-After. */
export const keptRetryAfter = 'x-kept-retry-after';

const longestWords = 500;

/** The ReembedError for an answer that is not 2xx; the server's words are in its message. */
export function qdrantAnswerToError(request: QdrantRequest, answer: QdrantAnswer, cause?: unknown): ReembedError {
  const words = readWords(answer.body);
  const { code, advice } = judgeAnswer(answer.status, words);
  // What stands behind QDRANT_URL may be a proxy that says what its callers may not read: admins alone read it.
  const said = words === '' ? '' : words.startsWith(webPageWords) ? `: ${words}` : `; ${quoteForeign(words)}`;
  return new ReembedError(code, `${request.method} ${request.path} was answered with ${answer.name ?? answer.status}${said}${advice}`, {
    cause,
    retryAfterMs: code === 'qdrant-unreachable' ? readRetryAfter(answer, Date.now()) : undefined,
  });
}

/**
 * The ReembedError for whatever a request threw: an answer of the official client, a connection that failed, a limit that passed, or
 * a SyntaxError where a 2xx answer is not what Qdrant says. Anything else is a bug and comes back as it is.
 */
export function translateQdrantError(request: QdrantRequest, error: unknown): unknown {
  if (error instanceof ReembedError) return error;
  if (error instanceof RequestLimitExceeded) {
    return unreachable(
      request,
      `${error.message}; it may yet be carried out. Let a migration ask for less at a time (a smaller copy.pagePoints in its spec, submitted again), or raise REEMBED_REQUEST_TIMEOUT_MS`,
      error,
    );
  }
  if (error instanceof SyntaxError) {
    return unreachable(request, `an answer that is not Qdrant's. Is the URL right, and does a proxy stand before it?`, error);
  }
  if (isClientAnswer(error)) {
    const answer = { status: error.status, body: error.data, retryAfter: error.headers.get(keptRetryAfter) };
    return qdrantAnswerToError(request, answer, error);
  }
  const code = readNetworkCode(error);
  if (code?.startsWith('HPE')) return unreachable(request, 'what listens there does not speak HTTP. Is it the gRPC port, 6334?', error);
  return code === null ? error : unreachable(request, `${networkWords[code] ?? code}. Is it running, and is the URL right?`, error);
}

/** What the network's codes mean; others are shown as they are. */
const networkWords: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there (ECONNREFUSED)',
  ENOTFOUND: 'no such host (ENOTFOUND)',
  EAI_AGAIN: 'the name of the host cannot be looked up (EAI_AGAIN)',
  ECONNRESET: 'the connection was lost (ECONNRESET)',
  ERR_HTTP2_ERROR: 'what listens there does not speak gRPC (ERR_HTTP2_ERROR)',
  UND_ERR_SOCKET: 'the connection was lost',
  UND_ERR_CONNECT_TIMEOUT: 'no connection comes about in time',
};

export function unreachable(request: QdrantRequest, what: string, cause: unknown): ReembedError {
  return new ReembedError('qdrant-unreachable', `${request.method} ${request.path} at ${request.origin}: ${what}`, { cause });
}

type Verdict = { readonly code: ReembedError['code']; readonly advice: string };

/** Qdrant has no error codes but the HTTP status, and says several things with 400: there its words decide, here and nowhere else. */
function judgeAnswer(status: number, words: string): Verdict {
  if (status === 429) return { code: 'qdrant-unreachable', advice: ' (it wants fewer requests)' };
  if (status >= 500 || status === 408) return { code: 'qdrant-unreachable', advice: '' };
  if (status === 413 || /limit exceeded \d+ > \d+ for "[^"]*(limit|batch)|larger than allowed/i.test(words)) {
    return { code: 'qdrant-too-large', advice: ' (a smaller copy.pagePoints in the spec, submitted again, sends less at a time)' };
  }
  if (status === 401 || status === 403) return { code: 'qdrant-unauthorized', advice: ' (set QDRANT_API_KEY to a key that may do this)' };
  // That a gateway has no such page says nothing of collections.
  if (status === 404) return { code: words.startsWith(webPageWords) ? 'qdrant-unreachable' : 'qdrant-not-found', advice: '' };
  if (status === 409 || (status === 400 && /already exists/i.test(words))) return { code: 'qdrant-conflict', advice: '' };
  return { code: 'qdrant-refused', advice: '' };
}

/** `{"status":{"error":"..."}}` gives the error's text; anything else its beginning. */
function readWords(body: unknown): string {
  const parsed = typeof body === 'string' ? tryParse(body) : body;
  if (typeof body === 'string' && /^\s*<(!doctype|html|\?xml)/i.test(body)) return webPage(body);
  const words = (parsed as { status?: { error?: unknown } } | null | undefined)?.status?.error ?? body ?? '';
  // Before it is cut: half a key is a secret too.
  const text = hideSecrets(typeof words === 'string' ? words : JSON.stringify(words));
  return text.length > longestWords ? `${text.slice(0, longestWords)} ...` : text.trim();
}

const webPageWords = 'a web page';

/** What a proxy or a gateway answers instead of Qdrant. */
function webPage(html: string): string {
  const title = /<title>([^<]*)<\/title>/i.exec(html)?.[1]?.replace(/\s+/g, ' ').trim().slice(0, 100);
  return `${webPageWords}${title ? ` (${quoteForeign(title)})` : ''}, which is not Qdrant's: is the URL right, and does a proxy stand before it?`;
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** The official client's ApiError, told by its shape: the class is not exported. */
function isClientAnswer(error: unknown): error is Error & { status: number; data: unknown; headers: Headers } {
  return error instanceof Error && 'status' in error && typeof error.status === 'number' && 'headers' in error && 'data' in error;
}

/** ECONNREFUSED and its like, from the error or from what caused it (`fetch failed`); null where it is no matter of the network. */
function readNetworkCode(error: unknown): string | null {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if (
      'code' in at &&
      typeof at.code === 'string' &&
      /^(E(?!RR_)[A-Z]|UND_ERR|CERT|DEPTH|SELF|UNABLE|HPE|ERR_TLS|ERR_SSL|ERR_HTTP2_ERROR)/.test(at.code)
    )
      return at.code;
    // undici gives these a code of their own only now and then.
    if (at.name === 'HTTPParserError') return 'HPE';
  }
  return error instanceof TypeError && error.message === 'fetch failed' ? 'no connection comes about' : null;
}

/** Waits for an answer; `absent` where what was asked about is not there. */
export async function orAbsent<T, Absent>(answer: Promise<T>, absent: Absent): Promise<T | Absent> {
  try {
    return await answer;
  } catch (error) {
    if (isReembedError(error, 'qdrant-not-found')) return absent;
    throw error;
  }
}
