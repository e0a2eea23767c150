import { isReembedError } from '../domain/error.ts';
import { backoffMs } from '../domain/retry-policy.ts';
import type { Clock, RateBudget } from '../ports/fleet.ts';

export type Patience = {
  readonly budget: RateBudget;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Tries of one request against somebody who does not answer, before the range is put back. */
  readonly maxTries?: number;
};

const limits = ['provider-rate-limited', 'text-source-rate-limited'] as const;

/** One request within the fleet's budget. A 429 holds the fleet back and is tried again; silence and bad replies are, up to `maxTries`. */
export async function askPatiently<Reply>(
  { budget, clock, signal, maxTries = 5 }: Patience,
  whom: string,
  need: { inputs: number; tokens: number },
  ask: () => Promise<Reply>,
): Promise<Reply> {
  for (let failures = 0, limited = 0; ; ) {
    await budget.pass(whom, need, signal);
    try {
      return await ask();
    } catch (error) {
      signal.throwIfAborted();
      if (!isReembedError(error)) throw error;
      if (limits.some((code) => code === error.code)) {
        await budget.hold(whom, error.retryAfterMs ?? backoffMs(limited++));
      } else if (error.retry === 'later' && ++failures < maxTries) {
        await clock.sleep(error.retryAfterMs ?? backoffMs(failures), signal);
      } else {
        throw error;
      }
    }
  }
}
