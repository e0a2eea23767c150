import type { Mutation } from './mutations/mutations.ts';
import { runScenario } from './run-scenario.ts';
import { drawScenario } from './scenario.ts';

export type SeedsOptions = {
  readonly from: number;
  /** Whichever comes first; one of them is given. */
  readonly limit: { readonly seeds: number | null; readonly seconds: number | null };
  /** Only schedules in which it can show are run, up to the first that finds it. */
  readonly mutation: Mutation | null;
  readonly print: (line: string) => void;
};

/** Runs schedule after schedule; answers the first seed that broke a promise, or null. */
export async function runSeeds({ from, limit, mutation, print }: SeedsOptions): Promise<number | null> {
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1_000;
  const seeds = limit.seeds ?? (limit.seconds === null ? 100 : Number.POSITIVE_INFINITY);
  let [ran, calls] = [0, 0];
  const failed: number[] = [];
  const isOver = (seed: number) =>
    seed >= from + seeds || seconds() > (limit.seconds ?? Number.POSITIVE_INFINITY) || (mutation !== null && failed.length > 0);
  let seed = from;
  for (; !isOver(seed); seed++) {
    const scenario = drawScenario(seed);
    if (mutation?.showsIn(scenario) === false) continue;
    const run = await runScenario(scenario);
    ran++;
    calls += run.calls;
    const [first] = run.violations;
    if (first === undefined || ![undefined, null, first.rule].includes(mutation?.foundBy)) continue;
    failed.push(seed);
    print(`seed ${seed} broke a promise: ${first.rule}: ${first.what.slice(0, 400)}`);
    print(`  npm run simulate -- --seed ${seed}${mutation === null ? '' : ` --mutation ${mutation.name}`}`);
  }
  const speed = `${(ran / seconds()).toFixed(1)} schedules a second, ${Math.round(calls / Math.max(1, ran))} calls each`;
  print(`seeds ${from} to ${seed - 1}: ${ran} schedules, ${failed.length} broke a promise; ${speed}`);
  return failed[0] ?? null;
}
