import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A process that ends when this one does, however this one ends. */
export type GuardedProcess = {
  /** Resolves when it has ended, with what it wrote last. */
  readonly ended: Promise<string>;
  /** Ends it and waits; harmless when it has ended. */
  stop(): Promise<void>;
};

/** The guard is the neighbour of this file, whether that is TypeScript or has been built. */
const guard = fileURLToPath(new URL(`./guard${import.meta.url.slice(-3)}`, import.meta.url));

/**
 * Starts a command under a guard, in a process group of its own so that Ctrl-C in a terminal does not end it before its users.
 * It does not keep this process alive. `removeDir` is removed when it has ended.
 */
export function startGuarded(command: string, args: readonly string[], removeDir: string | null = null): GuardedProcess {
  const child = spawn(process.execPath, [guard, removeDir ?? '', command, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  });
  const tail = tailOf(child);
  const ended = once(child, 'exit').then(
    () => tail(),
    (error: unknown) => String(error),
  );
  child.unref();
  child.channel?.unref();
  return {
    ended,
    async stop() {
      child.ref();
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

/** The last lines of output. They must be read in any case: a process whose pipe is full blocks. */
function tailOf(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (piece: string) => {
      text = (text + piece).slice(-2_000);
    });
    if (stream !== null && 'unref' in stream && typeof stream.unref === 'function') stream.unref();
  }
  return () => text.trim();
}
