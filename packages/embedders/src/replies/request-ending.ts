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

/** How long the other side asks to wait, in ms: `retry-after-ms` (OpenAI, Azure), else `Retry-After` in seconds or as an HTTP date. */
export function readRetryAfter(headers: { get(name: string): string | null } | undefined, now: number): number | undefined {
  const inMs = parseSeconds(headers?.get('retry-after-ms'), 1);
  if (inMs !== undefined) return inMs;
  const value = headers?.get('retry-after');
  return parseSeconds(value, 1000) ?? parseDate(value, serverClock(headers?.get('date'), now));
}

function parseSeconds(value: string | null | undefined, msPerUnit: number): number | undefined {
  if (!value || !/^\s*\d+(\.\d+)?\s*$/.test(value)) return undefined;
  return Math.ceil(Number(value) * msPerUnit);
}

function parseDate(value: string | null | undefined, now: number): number | undefined {
  // Date.parse takes "-5" for a date, too.
  const at = value && /[A-Za-z]{3}/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/** The reply's own Date where it has one, so that clocks that disagree do not turn a wait into none. */
function serverClock(date: string | null | undefined, now: number): number {
  const at = date ? Date.parse(date) : Number.NaN;
  return Number.isNaN(at) ? now : at;
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
