import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reembed } from './built.ts';
import { within } from './eventually.ts';
import type { Fleet } from './fleet.ts';

/** `reembed run` as a user starts it, with a coordinator and workers of its own. */
export type ReembedRun = {
  readonly pid: number;
  readonly exitCode: number | null;
  /** Both outputs so far. */
  said(): string;
  /** Exit code, or the signal that ended it. Rejects after two minutes. */
  ended(): Promise<NodeJS.Signals | number>;
};

/** Starts it on a spec; killed at the end of the stack where it still runs. */
export async function startRun(stack: AsyncDisposableStack, { guard }: Fleet, spec: object, env: Fleet['env']): Promise<ReembedRun> {
  const file = await specFile(stack, spec);
  const child = spawn(process.execPath, [reembed, 'run', file, '--workers', '2'], { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const pid = child.pid ?? 0;
  guard.watch(pid);
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => said.push(text));
  const ended = once(child, 'close').then(([code, signal]) => {
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

async function specFile(stack: AsyncDisposableStack, spec: object): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'reembed-run-'));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const file = join(dir, 'spec.json');
  await writeFile(file, JSON.stringify(spec));
  return file;
}
