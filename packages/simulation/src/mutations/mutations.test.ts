import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { runScenario } from '../run-scenario.ts';
import { drawScenario } from '../scenario.ts';
import { mutations } from './mutations.ts';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));

/** Seeds that are tried, from the one on that has shown it: usually one of the first few finds it. */
const most = 400;

/** The first seed that finds the rule missing, in a process of its own, because modules are loaded once. */
async function seedThatFinds(name: string): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [main, '--mutation', name, '--seeds', String(most), '--jobs', '1']);
  return Number(/^seed (\d+) broke a promise/m.exec(stdout)?.[1]);
}

it.concurrent.each(mutations)(
  'core without $without is found out, and core as it is keeps every promise of those schedules',
  { timeout: 300_000 },
  async ({ name, profile, from }) => {
    const found = await seedThatFinds(name);
    expect(found).toBeGreaterThan(0);
    for (let seed = from; seed <= found; seed++) expect((await runScenario(drawScenario(seed, profile))).violations).toEqual([]);
  },
);
