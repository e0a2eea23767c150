import { parseArgs } from 'node:util';
import { runScenario } from './run-scenario.ts';
import { drawScenario } from './scenario.ts';

Error.stackTraceLimit = 8;
const { values } = parseArgs({
  options: { seed: { type: 'string' }, seeds: { type: 'string' }, from: { type: 'string', default: '1' } },
});
const print = (line: string) => void process.stdout.write(`${line}\n`);

if (values.seed !== undefined) {
  const run = await runScenario(drawScenario(Number(values.seed)), {
    tell: ({ at, text }) => print(`${(at / 1_000).toFixed(3).padStart(9)}  ${text}`),
  });
  print(JSON.stringify(run.violations));
} else {
  const began = performance.now();
  let calls = 0;
  const from = Number(values.from);
  const count = Number(values.seeds ?? 100);
  let failed = 0;
  for (let seed = from; seed < from + count; seed++) {
    const run = await runScenario(drawScenario(seed));
    calls += run.calls;
    const [first] = run.violations;
    if (first !== undefined) {
      failed++;
      print(`seed ${seed}: ${first.rule}: ${first.what.slice(0, 300)}`);
    }
  }
  const seconds = (performance.now() - began) / 1_000;
  print(`${count} schedules, ${failed} failed, ${(count / seconds).toFixed(1)} a second, ${Math.round(calls / count)} calls each`);
}
