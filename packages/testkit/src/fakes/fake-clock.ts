import type { Clock } from '@reembed/core';

export type FakeClock = Clock & {
  /** Lets this much time pass without anybody sleeping. */
  advance(ms: number): void;
  /** Sets the wall clock forwards or back; no time passes. */
  jump(ms: number): void;
  /** How long each sleep was, in ms. */
  readonly sleeps: number[];
};

/** A clock that stands still but for sleeps, which end at once and count in full. */
export function createFakeClock(start = '2026-01-01T00:00:00.000Z'): FakeClock {
  let elapsedMs = 0;
  let jumpedMs = 0;
  const sleeps: number[] = [];
  return {
    sleeps,
    now: () => new Date(Date.parse(start) + elapsedMs + jumpedMs),
    monotonicMs: () => elapsedMs,
    advance(ms) {
      elapsedMs += ms;
    },
    jump(ms) {
      jumpedMs += ms;
    },
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      sleeps.push(ms);
      elapsedMs += ms;
    },
  };
}
