import { readRetryAfter } from '@reembed/core';

export type RequestSignal = Disposable & { readonly signal: AbortSignal; readonly timedOut: boolean };

/** A signal that ends a request after `timeoutMs` or when the caller's does, and can tell which. Dispose it, or the timer outlives the request. */
export function createRequestSignal(caller: AbortSignal | undefined, timeoutMs: number): RequestSignal {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  return {
    signal: caller ? AbortSignal.any([caller, timeout.signal]) : timeout.signal,
    get timedOut() {
      return timeout.signal.aborted;
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
    },
  };
}

/** How long an answer asks to wait, in ms; at most `longestMs`, default ten minutes. */
export function waitOf(headers: { get(name: string): string | null } | undefined, longestMs?: number): number | undefined {
  const [retryAfter, retryAfterMs, date] = ['retry-after', 'retry-after-ms', 'date'].map((name) => headers?.get(name));
  return readRetryAfter({ retryAfter, retryAfterMs, date }, Date.now(), longestMs);
}

/** ECONNREFUSED, ENOTFOUND, UND_ERR_… of an error or of what caused it. */
export function readSystemCode(error: unknown): string | undefined {
  for (let link = error, depth = 0; link instanceof Error && depth < 5; link = link.cause, depth += 1) {
    if ('code' in link && typeof link.code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(link.code)) return link.code;
  }
  return undefined;
}

const longestQuote = 300;
/** Letters and digits in a row that a quote may share with a text or a key by chance. */
const sharedAtMost = 11;

/**
 * What the provider said, for a message of ours, or '' where it repeats a key or a text: some servers answer a refused input with the
 * input (FastAPI's 422 does), and messages end in logs, in Redis and on a screen.
 */
export function quoteProvider(words: unknown, secrets: readonly string[], texts: readonly string[]): string {
  if (typeof words !== 'string') return '';
  const quote = words.replace(/\s+/g, ' ').trim().slice(0, longestQuote);
  if (quote === '' || secrets.some((secret) => shares(quote, secret)) || sharesAny(quote, texts)) return '';
  return quote;
}

function shares(quote: string, secret: string): boolean {
  return sharesAny(quote, [secret]);
}

function sharesAny(quote: string, texts: readonly string[]): boolean {
  const plain = lettersOf(quote);
  const windows = new Set<string>();
  for (let at = 0; at + sharedAtMost < plain.length; at += 1) windows.add(plain.slice(at, at + sharedAtMost + 1));
  return texts.some((text) => repeats(lettersOf(text), plain, windows));
}

function repeats(text: string, quote: string, windows: ReadonlySet<string>): boolean {
  if (text.length <= sharedAtMost) return text.length > 2 && quote.includes(text);
  for (let at = 0; at + sharedAtMost < text.length; at += 1) {
    if (windows.has(text.slice(at, at + sharedAtMost + 1))) return true;
  }
  return false;
}

/** Letters and digits only, JSON's escapes undone, so that a text is recognised however it was quoted. */
function lettersOf(text: string): string {
  return text
    .replace(/\\u([0-9a-fA-F]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\[nrtbf]/g, ' ')
    .replace(/[^\p{L}\p{N}]+/gu, '')
    .toLowerCase();
}
