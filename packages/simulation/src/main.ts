import { parseArgs } from 'node:util';
import { applyMutation, mutationOf } from './mutations/apply-mutation.ts';

/**
 * `npm run simulate -- --seeds 10000`: as many schedules, from `--from` on (a random one by default); `--seconds 120`: for so long; `--seed N`:
 * that one, with its history. `--mutation NAME` takes a rule out of core first, draws schedules in which that shows, and ends well once one of
 * them has found it; `--profile NAME` draws the same schedules with nothing taken out.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    seconds: { type: 'string' },
    from: { type: 'string' },
    mutation: { type: 'string' },
    profile: { type: 'string' },
    all: { type: 'boolean', default: false },
  },
});
/** The exit code of a schedule that broke a promise, or of a rule that nobody misses: apart from that of a program that fails. */
const found = 2;
const print = (line: string) => void process.stdout.write(`${line}\n`);
const mutation = values.mutation === undefined ? null : applyMutation(values.mutation);
const { profile } = mutation ?? (values.profile === undefined ? { profile: {} } : mutationOf(values.profile));
// Of thousands of errors that are expected nobody reads where they were made.
if (values.seed === undefined) Error.stackTraceLimit = 0;
// Only now: what they import has the mutation in it.
const [{ runSeeds }, { showSeed }] = await Promise.all([import('./run-seeds.ts'), import('./show-seed.ts')]);

if (values.seed !== undefined) {
  process.exitCode = (await showSeed(Number(values.seed), { profile, all: values.all, print })) ? 0 : found;
} else {
  const limit = {
    seeds: values.seeds === undefined ? null : Number(values.seeds),
    seconds: values.seconds === undefined ? null : Number(values.seconds),
  };
  const from = values.from === undefined ? (mutation === null ? Math.floor(Math.random() * 2 ** 31) : 1) : Number(values.from);
  const again = [
    ...(values.mutation === undefined ? [] : ['--mutation', values.mutation]),
    ...(values.profile === undefined ? [] : ['--profile', values.profile]),
  ];
  const broken = await runSeeds({ from, limit, profile, again, foundBy: mutation?.foundBy ?? null, untilFound: mutation !== null, print });
  process.exitCode = (broken === null) === (mutation === null) ? 0 : found;
}
