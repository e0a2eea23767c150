import { isReembedError, isWaitedOut } from './error.ts';

/** Exponential, from half a second to half a minute, in ms. */
export function backoffMs(tries: number): number {
  return Math.min(30_000, 500 * 2 ** Math.min(tries, 10));
}

/** Tries of a range without any progress before it is given up: about half an hour of a server that is down. */
export const maxRangeAttempts = 60;

/**
 * Points or texts that are refused one and all, and that are at least so many, are not to blame: what is asked of the server or the
 * provider is wrong itself, and the migration stops instead of setting everything aside.
 */
export const tooManyToBlame = 32;

export type RangeVerdict = { readonly kind: 'again'; readonly afterMs: number } | { readonly kind: 'give-up' } | { readonly kind: 'fatal' };

/** Errors that every other range would meet as well: the migration stops and asks, instead of giving up range after range. */
const fatalCodes = [
  'over-budget',
  'provider-unauthorized',
  'provider-refused',
  'unknown-model',
  'model-missing',
  'invalid-config',
  'model-changed',
  'invalid-adapter',
  'adapter-changed',
  'qdrant-unauthorized',
  'text-missing',
  'text-source-unauthorized',
  'text-source-refused',
  'invalid-text-file',
] as const;

/** What becomes of a range whose `attempts`-th try since its last checkpoint ended with `error`. The one place that decides. */
export function decideRange(error: unknown, attempts: number): RangeVerdict {
  if (isReembedError(error) && (fatalCodes.some((code) => code === error.code) || isWaitedOut(error))) return { kind: 'fatal' };
  if (!isReembedError(error) || error.retry === 'never')
    return attempts < 3 ? { kind: 'again', afterMs: backoffMs(attempts) } : { kind: 'give-up' };
  if (attempts >= maxRangeAttempts) return { kind: 'give-up' };
  return { kind: 'again', afterMs: error.retryAfterMs ?? backoffMs(attempts) };
}
