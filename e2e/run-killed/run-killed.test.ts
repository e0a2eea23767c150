import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { documentMigration, renderedText } from '../support/document-migration.ts';
import { eventually, within } from '../support/eventually.ts';
import { type Fleet, startFleet } from '../support/fleet.ts';

const reembed = createRequire(import.meta.url).resolve('../../apps/cli/bin/reembed.js');
const points = 2_400;

/** `everything`: all processes of the run die in the same moment, its Redis too. `command`: only the one the user started; the others have to end by themselves. */
const rows = [
  { round: 1, dies: 'everything', redis: 'its own' },
  { round: 2, dies: 'command', redis: 'its own' },
  { round: 3, dies: 'everything', redis: 'one that stays' },
  { round: 4, dies: 'command', redis: 'one that stays' },
  { round: 5, dies: 'everything', redis: 'its own' },
  { round: 6, dies: 'everything', redis: 'its own' },
] as const;

describe('a whole run killed with a quarter to three quarters copied, and started once more, ends complete', () => {
  test.concurrent.for(rows)('round $round: $dies dies, with $redis as Redis', async ({ dies, redis }) => {
    await using fleet = await startFleet({ coordinators: 0, workers: 0, concurrency: 2, stub: { latencyMs: 400 } });
    const { http, stub } = fleet;
    const migration = await documentMigration(fleet, { points, model: 'stub' });
    await using stack = new AsyncDisposableStack();
    const file = await specFile(stack, migration.spec);
    const env = redis === 'its own' ? without(fleet.env, 'REDIS_URL') : fleet.env;
    const first = startRun(stack, fleet, file, env);
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
    const second = startRun(stack, fleet, file, env);
    expect(await second.ended(), second.said()).toBe(0);
    expect(await migration.differences()).toEqual([]);
    expect(second.said()).toContain('reembed switch');
    expect((await http.aliases())[migration.alias]).toBe(migration.source);
    const again = stub.log.slice(asked).flatMap(({ texts }) => texts);
    expect(again.filter((text) => stored.has(text))).toEqual([]);
    await eventually('no process of either run is left', () => (all.some(lives) ? null : true));
  });
});

function startRun(stack: AsyncDisposableStack, { guard }: Fleet, file: string, env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [reembed, 'run', file, '--workers', '2'], { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const pid = child.pid ?? 0;
  guard.watch(pid);
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => said.push(text));
  const ended = once(child, 'exit').then(([code, signal]) => {
    guard.forget(pid);
    return (signal ?? code) as NodeJS.Signals | number;
  });
  stack.defer(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await ended;
  });
  return {
    pid,
    get exitCode() {
      return child.exitCode;
    },
    said: () => said.join(''),
    ended: () => within('the run ends', ended, { timeoutMs: 120_000, details: () => `\n${said.join('')}` }),
  };
}

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

async function specFile(stack: AsyncDisposableStack, spec: object): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'reembed-run-'));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const file = join(dir, 'spec.json');
  await writeFile(file, JSON.stringify(spec));
  return file;
}

function without(env: Readonly<Record<string, string>>, name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([key]) => key !== name));
}
