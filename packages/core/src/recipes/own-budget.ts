import type { Clock, Fits, RateBudget, Standing } from '../ports/fleet.ts';

/** The budget of a process that asks the provider alone: a 429 makes it wait, and what does not fit is remembered; no limits are known. */
export function createOwnBudget(clock: Clock): RateBudget & Standing {
  const holds = new Map<string, { readonly why: string; readonly until: number }>();
  const learnt = new Map<string, Fits>();
  const underWay = new Map<string, number>();
  const count = (model: string, by: number) => underWay.set(model, (underWay.get(model) ?? 0) + by);
  const leftMs = (model: string) => (holds.get(model)?.until ?? 0) - clock.monotonicMs();
  return {
    async pass(model, _need, signal) {
      signal.throwIfAborted();
      for (let left = leftMs(model); left > 0; left = leftMs(model)) await clock.sleep(left, signal);
      count(model, 1);
      return { end: async () => void count(model, -1) };
    },
    async coolDown(model, ms, why) {
      if (ms > leftMs(model)) holds.set(model, { why, until: clock.monotonicMs() + ms });
    },
    async held(model) {
      const hold = holds.get(model);
      return hold === undefined || leftMs(model) <= 0 ? null : { why: hold.why, leftMs: leftMs(model) };
    },
    lift: async (model) => void holds.delete(model),
    fits: async (model) => learnt.get(model) ?? {},
    async learn(model, { inputs = Number.POSITIVE_INFINITY, tokens = Number.POSITIVE_INFINITY }) {
      const before = learnt.get(model) ?? {};
      const least = { inputs: Math.min(before.inputs ?? inputs, inputs), tokens: Math.min(before.tokens ?? tokens, tokens) };
      learnt.set(model, Object.fromEntries(Object.entries(least).filter(([, value]) => Number.isFinite(value))));
    },
    crowded: async (model) => (underWay.get(model) ?? 0) > 1,
  };
}
