import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { applyMutation, mutationOf } from './mutations/apply-mutation.ts';
import { runSeeds } from './run-seeds.ts';

/**
 * `npm run simulate -- --seeds 10000`: as many schedules, from `--from` on (a random one by default), `--jobs` at a time (as many as there are
 * cores); `--seconds 120`: for so long; `--seed N`: that one, with its history. `--mutation NAME` takes a rule out of core first, draws schedules
 * in which that shows, and ends well once one of them has found it; `--profile NAME` draws the same schedules with nothing taken out.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    seconds: { type: 'string' },
    from: { type: 'string' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    mutation: { type: 'string' },
    profile: { type: 'string' },
    all: { type: 'boolean', default: false },
  },
});
/** The exit code of a schedule that broke a promise, or of a rule that nobody misses: apart from that of a program that fails. */
const found = 2;
const print = (line: string) => void process.stdout.write(`${line}\n`);
const numberOf = (given: string | undefined) => (given === undefined ? null : Number(given));
const drawnAs = values.mutation ?? values.profile;
const { profile, foundBy, from } = drawnAs === undefined ? { profile: {}, foundBy: null, from: null } : mutationOf(drawnAs);

/** Its history, by a core that is without the mutation's rule. */
async function show(seed: number): Promise<boolean> {
  if (values.mutation !== undefined) applyMutation(values.mutation);
  // Only now: what it imports has the mutation in it.
  const { showSeed } = await import('./show-seed.ts');
  return showSeed(seed, { profile, all: values.all, print });
}

if (values.seed !== undefined) {
  process.exitCode = (await show(Number(values.seed))) ? 0 : found;
} else {
  const isWithout = values.mutation !== undefined;
  const broken = await runSeeds({
    from: numberOf(values.from) ?? (isWithout ? from : null) ?? Math.floor(Math.random() * 2 ** 31),
    limit: { seeds: numberOf(values.seeds), seconds: numberOf(values.seconds) },
    jobs: Number(values.jobs),
    mutation: values.mutation ?? null,
    profile,
    again: [
      ...(values.mutation === undefined ? [] : ['--mutation', values.mutation]),
      ...(values.profile === undefined ? [] : ['--profile', values.profile]),
    ],
    foundBy: isWithout ? foundBy : null,
    untilFound: isWithout,
    print,
  });
  if (broken !== null && !isWithout) await show(broken);
  process.exitCode = (broken === null) === !isWithout ? 0 : found;
}
