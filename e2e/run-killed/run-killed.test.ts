import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { documentMigration, renderedText } from '../support/document-migration.ts';
import { eventually } from '../support/eventually.ts';
import { startFleet } from '../support/fleet.ts';
import { startRun } from '../support/reembed-run.ts';

const points = 2_400;

/** `everything`: all processes of the run die in the same moment, its Redis too. `command`: only the one the user started; the others have to end by themselves. */
const rows = [
  { dies: 'everything', redis: 'its own' },
  { dies: 'command', redis: 'its own' },
  { dies: 'everything', redis: 'one that stays' },
  { dies: 'command', redis: 'one that stays' },
] as const;

describe('a whole run killed with a quarter to three quarters copied, and started once more, ends complete', () => {
  test.concurrent.for(rows)('$dies dies, with $redis as Redis', async ({ dies, redis }) => {
    await using fleet = await startFleet({ coordinators: 0, workers: 0, concurrency: 2, stub: { latencyMs: 400 } });
    const { http, stub } = fleet;
    const migration = await documentMigration(fleet, { points, model: 'stub' });
    await using stack = new AsyncDisposableStack();
    const env = redis === 'its own' ? without(fleet.env, 'REDIS_URL') : fleet.env;
    const first = await startRun(stack, fleet, migration.spec, env);
    await eventually('a quarter is copied', async () => {
      if (first.exitCode !== null) throw new Error(`the run ended with ${first.exitCode}: ${first.said()}`);
      return (await http.names()).includes(migration.target) && (await http.count(migration.target)) >= points / 4 ? true : null;
    });
    const all = [first.pid, ...descendants(first.pid)];
    expect(all.length).toBeGreaterThanOrEqual(4);
    for (const pid of dies === 'everything' ? all : [first.pid]) process.kill(pid, 'SIGKILL');
    expect(await first.ended()).toBe('SIGKILL');
    const copied = await http.count(migration.target);
    expect(copied).toBeGreaterThanOrEqual(points / 4);
    expect(copied).toBeLessThanOrEqual((points * 3) / 4);
    const stored = new Set((await http.scroll(migration.target)).map(({ payload }) => renderedText(JSON.parse(payload))));
    const asked = stub.log.length;
    const second = await startRun(stack, fleet, migration.spec, env);
    expect(await second.ended(), second.said()).toBe(0);
    expect(await migration.differences()).toEqual([]);
    expect(second.said()).toContain('reembed switch');
    expect((await http.aliases())[migration.alias]).toBe(migration.source);
    const again = stub.log.slice(asked).flatMap(({ texts }) => texts);
    expect(again.filter((text) => stored.has(text))).toEqual([]);
    await eventually('no process of either run is left', () => (all.some(lives) ? null : true));
  });
});

/** Processes that a process started, and those that they started. */
function descendants(of: number): number[] {
  const table = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  const parents = table.map((line) => line.trim().split(/\s+/).map(Number));
  const childrenOf = (pid: number): number[] =>
    parents.flatMap(([child = 0, parent]) => (parent === pid ? [child, ...childrenOf(child)] : []));
  return childrenOf(of);
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function without(env: Readonly<Record<string, string>>, name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([key]) => key !== name));
}
