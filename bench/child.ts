import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { nodeEnvironment, nodeFlags } from '@reembed/process';
import type { Measurement } from './measurement.ts';

/** A measured process of its own, told what to do and asked for what it measured. */
export type Child = AsyncDisposable & {
  readonly process: ChildProcess;
  measure(task: object): Promise<Measurement>;
};

/** Starts a file of processes/, as it was built (scripts/bundle.ts), and waits until it is ready. Throws where it ends early. */
export async function startChild(file: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Child> {
  const path = fileURLToPath(new URL(`../.build/bench/processes/${file.replace(/\.ts$/, '.js')}`, import.meta.url));
  const given = (process.env.REEMBED_BENCH_NODE_OPTIONS ?? '').split(' ').filter((option) => option !== '');
  // As our own processes are started; a flag that is given once more is the one that counts.
  const execArgv = [...nodeFlags, ...given];
  const child = fork(path, args, {
    env: { ...nodeEnvironment, ...process.env, ...env },
    execArgv,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await answer(child, 'ready');
  return {
    process: child,
    async measure(task) {
      const measured = answer(child, 'measured');
      child.send(task);
      return (await measured) as Measurement;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

async function answer(child: ChildProcess, key: string): Promise<unknown> {
  const answered = new AbortController();
  const early = once(child, 'exit', { signal: answered.signal }).then(([code]) => {
    throw new Error(`a measured process ended early with ${code}`);
  });
  const said = new Promise((resolve) => {
    const onMessage = (message: Record<string, unknown>) => {
      if (!(key in message)) return;
      child.off('message', onMessage);
      resolve(message[key]);
    };
    child.on('message', onMessage);
  });
  try {
    return await Promise.race([said, early]);
  } finally {
    early.catch(() => undefined);
    answered.abort();
  }
}
