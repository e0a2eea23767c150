import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Profile } from './scenario.ts';
import type { SeedTold, ThreadData } from './seeds-thread.ts';

export type SeedsOptions = {
  readonly from: number;
  /** Whichever comes first; a hundred seeds where neither is given. */
  readonly limit: { readonly seeds: number | null; readonly seconds: number | null };
  /** Threads that run schedules. */
  readonly jobs: number;
  /** The rule that is taken out of core. */
  readonly mutation: string | null;
  readonly profile: Profile;
  /** What besides the seed runs a schedule again. */
  readonly again: readonly string[];
  /** The one rule whose breaking counts; null: any. */
  readonly foundBy: string | null;
  /** Ends with the first seed that broke a promise. */
  readonly untilFound: boolean;
  readonly print: (line: string) => void;
};

/** Of long rows it is told how far they are, after so many schedules each. */
const tellEvery = 5_000;

/** Runs schedule after schedule, several at a time; answers the first seed that broke a promise, or null. */
export async function runSeeds({ from, limit, jobs, again, foundBy, untilFound, print, ...given }: SeedsOptions): Promise<number | null> {
  const began = performance.now();
  const end = from + (limit.seeds ?? (limit.seconds === null ? 100 : 2 ** 40));
  const next = new BigInt64Array(new SharedArrayBuffer(8)).fill(BigInt(from));
  const stop = () => void Atomics.store(next, 0, BigInt(end));
  const failed: number[] = [];
  let [ran, calls] = [0, 0];

  function told({ seed, violations, ...run }: SeedTold): void {
    ran++;
    calls += run.calls;
    const first = violations.find(({ rule }) => foundBy === null || rule === foundBy);
    if (ran % tellEvery === 0) print(`${ran} schedules so far, ${failed.length} broke a promise`);
    if (first === undefined) return;
    failed.push(seed);
    print(`seed ${seed} broke a promise: ${first.rule}: ${first.what.slice(0, 400)}`);
    print(`  npm run simulate -- ${['--seed', seed, ...again].join(' ')}`);
    if (untilFound) stop();
  }

  const timer = limit.seconds === null ? undefined : setTimeout(stop, limit.seconds * 1_000);
  const threads = Array.from({ length: jobs }, () => {
    const workerData: ThreadData = { ...given, next, end };
    return new Worker(new URL('./seeds-thread.ts', import.meta.url), { workerData }).on('message', told);
  });
  // One that fails ends them all by throwing here.
  await Promise.all(threads.map((thread) => once(thread, 'exit')));
  clearTimeout(timer);
  const seconds = (performance.now() - began) / 1_000;
  const speed = `${(ran / seconds).toFixed(1)} schedules a second, ${Math.round(calls / Math.max(1, ran))} calls each`;
  print(`${ran} schedules from seed ${from} on, ${failed.length} broke a promise; ${speed}`);
  return failed.length === 0 ? null : Math.min(...failed);
}
