import { runScenario } from './run-scenario.ts';
import { drawScenario, type Profile } from './scenario.ts';

export type SeedsOptions = {
  readonly from: number;
  /** Whichever comes first; a hundred seeds where neither is given. */
  readonly limit: { readonly seeds: number | null; readonly seconds: number | null };
  readonly profile: Profile;
  /** What besides the seed runs a schedule again. */
  readonly again: readonly string[];
  /** The one rule whose breaking counts; null: any. */
  readonly foundBy: string | null;
  /** Ends with the first seed that broke a promise. */
  readonly untilFound: boolean;
  readonly print: (line: string) => void;
};

/** Runs schedule after schedule; answers the first seed that broke a promise, or null. */
export async function runSeeds({ from, limit, profile, again, foundBy, untilFound, print }: SeedsOptions): Promise<number | null> {
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1_000;
  const seeds = limit.seeds ?? (limit.seconds === null ? 100 : Number.POSITIVE_INFINITY);
  let calls = 0;
  const failed: number[] = [];
  const isOver = (seed: number) =>
    seed >= from + seeds || seconds() > (limit.seconds ?? Number.POSITIVE_INFINITY) || (untilFound && failed.length > 0);
  let seed = from;
  for (; !isOver(seed); seed++) {
    const run = await runScenario(drawScenario(seed, profile));
    calls += run.calls;
    const first = run.violations.find(({ rule }) => foundBy === null || rule === foundBy);
    if (first === undefined) continue;
    failed.push(seed);
    print(`seed ${seed} broke a promise: ${first.rule}: ${first.what.slice(0, 400)}`);
    print(`  npm run simulate -- ${['--seed', seed, ...again].join(' ')}`);
  }
  const ran = seed - from;
  const speed = `${(ran / seconds()).toFixed(1)} schedules a second, ${Math.round(calls / Math.max(1, ran))} calls each`;
  print(`seeds ${from} to ${seed - 1}: ${ran} schedules, ${failed.length} broke a promise; ${speed}`);
  return failed[0] ?? null;
}
