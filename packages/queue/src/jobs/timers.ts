import { setTimeout as sleep } from 'node:timers/promises';

export type Repeated = {
  /** Asks for one more run. While one is waiting to begin, asking again changes nothing. Resolves when it has ended. */
  soon(): Promise<void>;
  /** Ends it; waits for a run that is under way. */
  stop(): Promise<void>;
};

/** Runs `run` every `everyMs` and when asked, one run at a time. A run that throws is told to `onError`, and the next one comes. */
export function repeat(everyMs: number, run: () => Promise<void>, onError: (error: unknown) => void): Repeated {
  let stopped = false;
  let waiting = false;
  let last: Promise<void> = Promise.resolve();

  async function runOnce(): Promise<void> {
    waiting = false;
    if (!stopped) await run().catch(onError);
  }

  function soon(): Promise<void> {
    if (waiting || stopped) return last;
    waiting = true;
    last = last.then(runOnce);
    return last;
  }

  const timer = setInterval(() => void soon(), everyMs);
  return {
    soon,
    async stop() {
      stopped = true;
      clearInterval(timer);
      await last;
    },
  };
}

/** False where the promise takes longer than `ms`. */
export async function within(done: Promise<boolean>, ms: number): Promise<boolean> {
  const timer = new AbortController();
  const late = sleep(ms, false, { signal: timer.signal }).catch(() => false);
  const result = await Promise.race([done, late]);
  timer.abort();
  return result;
}
