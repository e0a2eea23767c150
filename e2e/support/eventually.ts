import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again and again until the answer is not null; throws with `what` and `details` after `timeoutMs`. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | null> | T | null,
  { timeoutMs = 120_000, details = () => '' }: { timeoutMs?: number; details?: () => string } = {},
): Promise<T> {
  for (const until = performance.now() + timeoutMs; ; await sleep(25)) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (performance.now() > until) throw new Error(`${what}: not within ${timeoutMs} ms${details()}`);
  }
}

/** The promise's result, or an error with `what` and `details` after `timeoutMs`. */
export async function within<T>(
  what: string,
  promise: Promise<T>,
  { timeoutMs = 120_000, details = () => '' }: { timeoutMs?: number; details?: () => string } = {},
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`${what}: not within ${timeoutMs} ms${details()}`)), timeoutMs);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
