import type { Requantization } from '@reembed/contracts';
import { type Clock, isReembedError, ReembedError } from '@reembed/core';

/** How often is asked how far Qdrant is, in ms. */
const everyMs = 1_000;

export type FollowRequantization = {
  readonly ask: () => Promise<Requantization>;
  readonly say: (line: string) => void;
  readonly clock: Clock;
  readonly timeoutSeconds: number;
  readonly signal?: AbortSignal;
};

/**
 * Asks until Qdrant has finished and all is measured; servers that are away for a while are waited for. Throws `still-optimizing` where that
 * takes longer than `timeoutSeconds`, and `wrong-state` where somebody else has changed the setting meanwhile.
 */
export async function followRequantization(begun: Requantization, options: FollowRequantization): Promise<Requantization> {
  const { ask, say, clock, timeoutSeconds, signal } = options;
  const until = clock.monotonicMs() + timeoutSeconds * 1_000;
  let now = begun;
  for (let told = ''; now.state !== 'done'; now = await patiently(ask, now)) {
    const { collection, state, waiting } = now;
    if (state === 'planned')
      throw new ReembedError(
        'wrong-state',
        `somebody else has changed how "${collection}" is quantized meanwhile: look at it, then ask again`,
      );
    if (clock.monotonicMs() > until)
      throw new ReembedError(
        'still-optimizing',
        `waited ${timeoutSeconds} s ${waiting}; the setting is changed, and the same command goes on waiting`,
      );
    if (waiting !== null && waiting !== told) say(`waiting ${waiting}`);
    told = waiting ?? told;
    await clock.sleep(everyMs, signal);
  }
  return now;
}

async function patiently(ask: FollowRequantization['ask'], last: Requantization): Promise<Requantization> {
  try {
    return await ask();
  } catch (error) {
    if (!isReembedError(error) || error.retry === 'never') throw error;
    return { ...last, state: 'optimizing', waiting: `for an answer: ${error.message}` };
  }
}
