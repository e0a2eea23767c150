import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { callFaults } from './engine/faults.ts';
import { knownSeeds } from './known-seeds.ts';
import { mutations } from './mutations/mutations.ts';
import { type Line, runScenario } from './run-scenario.ts';
import { drawScenario } from './scenario.ts';

async function historyOf(seed: number): Promise<readonly Line[]> {
  const lines: Line[] = [];
  await runScenario(drawScenario(seed), { tell: (line) => lines.push(line) });
  return lines;
}

it('the same seed is the same history, call by call', async () => {
  const first = await historyOf(7);
  expect(first.length).toBeGreaterThan(300);
  expect(await historyOf(7)).toEqual(first);
});

it('the faults of a run, given again, make the same run', async () => {
  const scenario = { ...drawScenario(12), faults: { kinds: callFaults, share: 0.02, likely: [] } };
  const run = await runScenario(scenario);
  expect(run.faults.length).toBeGreaterThan(0);
  expect(await runScenario(scenario, { faults: run.faults })).toEqual(run);
});

it.each(Array.from({ length: 20 }, (_, n) => n + 1))('schedule %i ends with every promise kept', async (seed) => {
  expect((await runScenario(drawScenario(seed))).violations).toEqual([]);
});

it.each(knownSeeds)('seed $seed keeps every promise now: $was', async ({ seed }) => {
  expect((await runScenario(drawScenario(seed))).violations).toEqual([]);
});

it.each(mutations.flatMap(({ name, edits }) => edits.map((edit) => ({ name, ...edit }))))(
  '$name takes out what $file still says',
  ({ file, from }) => {
    expect(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')).toContain(from);
  },
);
