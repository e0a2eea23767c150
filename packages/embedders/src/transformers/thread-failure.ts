/** What went wrong in the thread, for the embedder to put into words. */
export type ThreadFailure = 'package-missing' | 'file-missing' | 'hub-unreachable' | 'not-loaded' | 'pooling-unknown';

/** Throws the failure with the words of its cause; one that has a name already goes on as it is, or gives its name to what it caused. */
export function failWith(code: ThreadFailure, cause: unknown): never {
  if (cause instanceof Error && 'code' in cause && known.has(String(cause.code))) throw cause;
  throw Object.assign(new Error(wordsOf(cause), { cause }), { code: innermost(cause) ?? code });
}

const known: ReadonlySet<string> = new Set<ThreadFailure>([
  'package-missing',
  'file-missing',
  'hub-unreachable',
  'not-loaded',
  'pooling-unknown',
]);

/** fetch says what it met in its cause, such as ECONNREFUSED. */
function wordsOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error ? `${cause.message}: ${cause.cause.message}` : cause.message;
}

function innermost(cause: unknown): ThreadFailure | null {
  if (!(cause instanceof Error)) return null;
  // The body of a download that broke off: undici's only sign is the code of the cause.
  if ('code' in cause && typeof cause.code === 'string') {
    if (known.has(cause.code)) return cause.code as ThreadFailure;
    if (/^(UND_ERR_|ECONN|ETIMEDOUT|EAI_AGAIN|ENOTFOUND)/.test(cause.code)) return 'hub-unreachable';
  }
  return innermost(cause.cause);
}
