import { isReembedError, type ReembedError } from '../domain/error.ts';
import { backoffMs } from '../domain/retry-policy.ts';
import type { Clock, RateBudget } from '../ports/fleet.ts';

export type Tries = {
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Tries of one request against somebody who does not answer, before whoever asked has to decide. Default: 5. */
  readonly maxTries?: number;
  /** What the same request again cannot mend, whatever its code says. */
  readonly isEnough?: (error: ReembedError) => boolean;
};

export type Patience = Tries & { readonly budget: RateBudget; readonly signal: AbortSignal };

/** Tries again what may pass by itself, with growing rests, up to `maxTries`. `free`: answers true where it has dealt with an error that counts as no try. */
export async function patiently<Reply>(
  { clock, signal, maxTries = 5, isEnough = () => false }: Tries,
  act: () => Promise<Reply>,
  free: (error: ReembedError) => Promise<boolean> = async () => false,
): Promise<Reply> {
  for (let failures = 0; ; ) {
    try {
      return await act();
    } catch (error) {
      signal?.throwIfAborted();
      if (!isReembedError(error)) throw error;
      if (await free(error)) continue;
      if (error.retry === 'never' || isEnough(error) || ++failures >= maxTries) throw error;
      await clock.sleep(error.retryAfterMs ?? backoffMs(failures), signal);
    }
  }
}

/** Whether the server is there and serves, though it may not like what it was asked. */
function hasAnswered(error: unknown): boolean {
  return isReembedError(error) && error.retry === 'never';
}

const limits = ['provider-rate-limited', 'text-source-rate-limited'] as const;

/** One request within the fleet's budget; `paid`: the tokens that a reply was billed for. A wait that the other side asks for holds the fleet back, and a 429 counts as no try; silence and bad replies do, up to `maxTries`. */
export async function askPatiently<Reply>(
  patience: Patience,
  whom: string,
  need: { inputs: number; tokens: number },
  ask: () => Promise<Reply>,
  paid: (reply: Reply) => number | undefined = () => undefined,
): Promise<Reply> {
  const { budget, signal } = patience;
  let limited = 0;
  const holdFleet = async (error: ReembedError): Promise<boolean> => {
    const isLimit = limits.some((code) => code === error.code);
    if (!isLimit && error.retryAfterMs === undefined) return false;
    await budget.coolDown(whom, error.retryAfterMs ?? backoffMs(limited++), error.message);
    return isLimit;
  };
  return patiently(
    patience,
    async () => {
      const passage = await budget.pass(whom, need, signal);
      let answered = false;
      let tokens: number | undefined;
      try {
        const reply = await ask();
        answered = true;
        tokens = paid(reply);
        return reply;
      } catch (error) {
        answered = hasAnswered(error);
        throw error;
      } finally {
        await passage.end(answered, tokens);
      }
    },
    holdFleet,
  );
}
