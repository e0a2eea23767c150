import { enableCompileCache } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import type { Violation } from './checks/checks.ts';
import { applyMutation } from './mutations/apply-mutation.ts';
import type { Profile } from './scenario.ts';

/** What a thread that runs schedules is given. */
export type ThreadData = {
  /** The rule that core is without. */
  readonly mutation: string | null;
  readonly profile: Profile;
  /** One number that all threads share: the seed that none has begun yet. Whoever sets it to `end` stops them all. */
  readonly next: BigInt64Array<SharedArrayBuffer>;
  readonly end: number;
};

/** What it tells of each schedule. */
export type SeedTold = { readonly seed: number; readonly calls: number; readonly violations: readonly Violation[] };

const { mutation, profile, next, end } = workerData as ThreadData;
// All of core from source is a second of CPU, and half of that where another thread has read it before.
enableCompileCache();
if (mutation !== null) applyMutation(mutation);
// Of thousands of errors that are expected nobody reads where they were made.
Error.stackTraceLimit = 0;
// Only now: what they import has the mutation in it.
const [{ runScenario }, { drawScenario }] = await Promise.all([import('./run-scenario.ts'), import('./scenario.ts')]);
const take = () => Number(Atomics.add(next, 0, 1n));

for (let seed = take(); seed < end; seed = take()) {
  const { calls, violations } = await runScenario(drawScenario(seed, profile));
  parentPort?.postMessage({ seed, calls, violations } satisfies SeedTold);
}
