import type { Clock, RateBudget } from '@reembed/core';

/** The budget of a process that asks the provider alone: a 429 makes it wait, nothing else does. */
export function createOwnBudget(clock: Clock): RateBudget {
  let heldUntilMs = 0;
  return {
    async pass(_model, _need, signal) {
      const waitMs = heldUntilMs - clock.monotonicMs();
      if (waitMs > 0) await clock.sleep(waitMs, signal);
    },
    async hold(_model, ms) {
      heldUntilMs = Math.max(heldUntilMs, clock.monotonicMs() + ms);
    },
  };
}
