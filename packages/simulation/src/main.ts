import { parseArgs } from 'node:util';
import { applyMutation } from './mutations/apply-mutation.ts';

/**
 * `npm run simulate -- --seeds 10000`: as many schedules, from `--from` on (a random one by default); `--seconds 120`: for so long; `--seed N`:
 * that one, with its whole history. `--mutation NAME` takes a rule out of core first, and ends well once a schedule has found that.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    seconds: { type: 'string' },
    from: { type: 'string' },
    mutation: { type: 'string' },
    all: { type: 'boolean', default: false },
  },
});
const print = (line: string) => void process.stdout.write(`${line}\n`);
const mutation = values.mutation === undefined ? null : applyMutation(values.mutation);
// Of thousands of errors that are expected nobody reads where they were made.
if (values.seed === undefined) Error.stackTraceLimit = 0;
// Only now: what they import has the mutation in it.
const [{ runSeeds }, { showSeed }] = await Promise.all([import('./run-seeds.ts'), import('./show-seed.ts')]);

if (values.seed !== undefined) {
  process.exitCode = (await showSeed(Number(values.seed), { all: values.all, print })) ? 0 : 1;
} else {
  const limit = {
    seeds: values.seeds === undefined ? null : Number(values.seeds),
    seconds: values.seconds === undefined ? null : Number(values.seconds),
  };
  const from = values.from === undefined ? (mutation === null ? Math.floor(Math.random() * 2 ** 31) : 1) : Number(values.from);
  const found = await runSeeds({ from, limit, mutation, print });
  process.exitCode = (found === null) === (mutation === null) ? 0 : 1;
}
