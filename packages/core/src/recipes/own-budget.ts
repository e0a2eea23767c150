import { allowedBy, type Lesson, lessonAfter } from '../domain/lesson.ts';
import type { Clock, RateBudget, Standing } from '../ports/fleet.ts';

/** The budget of a process that asks the provider alone: a 429 makes it wait, and what does not fit is remembered for a while; no limits are known. */
export function createOwnBudget(clock: Clock): RateBudget & Standing {
  const holds = new Map<string, { readonly why: string; readonly until: number }>();
  const learnt = new Map<string, Lessons>();
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
    async fits(model) {
      const allowed = Object.entries(learnt.get(model) ?? {}).map(
        ([size, lesson]) => [size, allowedBy(lesson, clock.monotonicMs())] as const,
      );
      return Object.fromEntries(allowed.filter(([, most]) => most !== undefined));
    },
    async learn(model, fits) {
      const before = learnt.get(model) ?? {};
      const told = sizes.flatMap((size) => {
        const most = fits[size];
        return most === undefined ? [] : [[size, lessonAfter(before[size], most, clock.monotonicMs())] as const];
      });
      learnt.set(model, { ...before, ...Object.fromEntries(told) });
    },
    crowded: async (model) => (underWay.get(model) ?? 0) > 1,
  };
}

const sizes = ['inputs', 'tokens'] as const;
type Lessons = Partial<Readonly<Record<(typeof sizes)[number], Lesson>>>;
