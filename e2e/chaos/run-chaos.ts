import { parseArgs } from 'node:util';
import { runChaos } from './chaos.ts';

/** `npm run chaos -- --seed S --minutes M`: prints the seed and every act; ends with 1 where anything was lost or differs. */
const { values } = parseArgs({ options: { seed: { type: 'string' }, minutes: { type: 'string', default: '5' } } });
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
const seconds = Number(values.minutes) * 60;
if (!Number.isInteger(seed) || !(seconds > 0)) throw new Error('--seed wants a whole number, --minutes a number above 0');

const began = performance.now();
const print = (line: string) => void process.stdout.write(`${((performance.now() - began) / 1_000).toFixed(1).padStart(7)} s  ${line}\n`);
print(`chaos with --seed ${seed} --minutes ${values.minutes}`);
const found = await runChaos({ seed, seconds, print });
for (const difference of found) print(difference);
print(found.length === 0 ? 'nothing was lost, nothing differs' : `${found.length} differences; again with --seed ${seed}`);
process.exitCode = found.length === 0 ? 0 : 1;
