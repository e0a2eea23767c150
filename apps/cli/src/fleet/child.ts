import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type ErrorCode, errorCodes } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';
import { nodeEnvironment, nodeFlags } from '@reembed/process';

/** A process of ours that ends when this one does, however this one ends: it watches the IPC channel. */
export type Child = {
  readonly name: string;
  /** What it said once it was ready: its address, or its name. */
  readonly ready: string;
  readonly pid: number;
  readonly ended: Promise<Ending>;
  /** Asks it to end, and makes it end where it does not. */
  stop(): Promise<void>;
};

/** How a child ended and what it said last; `code`: of the error that it ended by, null where it said none. */
export type Ending = { readonly how: string; readonly code: ErrorCode | null };

export type ChildOptions = {
  readonly name: string;
  /** The URL of its main module. */
  readonly main: URL;
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Every line of its log. */
  readonly onLog: (line: LogLine) => void;
};

/** A line a child logged: as it came, and as far as it could be read. */
export type LogLine = { readonly name: string; readonly raw: string; readonly level: number | null; readonly text: string };

/** How long a child may take to end when asked, in ms: longer than the grace a worker gives its work. */
const stopMs = 20_000;

/** The main module of an app of this workspace: it stands beside the index that its package exports. */
export function mainOf(name: '@reembed/coordinator' | '@reembed/gateway' | '@reembed/worker'): URL {
  const index = import.meta.resolve(name);
  return new URL(`./main${index.slice(-3)}`, index);
}

/** Starts a child and waits until it is ready. Throws what it ended with where it never was. */
export async function startChild({ name, main, args = [], env, onLog }: ChildOptions): Promise<Child> {
  // A group of its own: Ctrl-C in a terminal reaches this process only, which then ends the others in order.
  const child = spawn(process.execPath, [...nodeFlags, fileURLToPath(main), ...args], {
    env: { ...nodeEnvironment, ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    detached: true,
  });
  const lines: LogLine[] = [];
  createInterface({ input: child.stderr ?? process.stdin }).on('line', (raw) => {
    const line = readLine(name, raw);
    lines.push(line);
    if (lines.length > 20) lines.shift();
    onLog(line);
  });
  const ended = once(child, 'close').then(
    ([code, signal]) => (signal === null ? `with exit code ${code}` : `by ${signal}`),
    (error: unknown) => String(error),
  );
  const ready = await Promise.race([
    once(child, 'message').then(([message]) => String((message as { ready?: unknown }).ready)),
    ended.then((how) => {
      throw startError(name, how, lines);
    }),
  ]);
  return {
    name,
    ready,
    pid: child.pid ?? 0,
    ended: ended.then((how) => {
      const { said, code } = lastWords(lines);
      return { how: [how, said ?? crashOf(lines)].filter(Boolean).join(': '), code };
    }),
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** Children log JSON lines; what is none is a crash talking. */
function readLine(name: string, raw: string): LogLine {
  try {
    const { level, msg } = JSON.parse(raw) as { level?: unknown; msg?: unknown };
    return { name, raw, level: typeof level === 'number' ? level : null, text: String(msg ?? raw) };
  } catch {
    return { name, raw, level: null, text: raw };
  }
}

/** What Node wrote as the process crashed: no log lines. */
function crashOf(lines: readonly LogLine[]): string {
  const logged = lines.findLastIndex(({ level }) => level !== null);
  return lines
    .slice(logged + 1)
    .map(({ text }) => text)
    .join('\n');
}

/** A child that ends by an error says why in its last line, with the error's code. */
function lastWords(lines: readonly LogLine[]): { readonly said: string | null; readonly code: ErrorCode | null } {
  const last = lines.findLast(({ level }) => level === 60);
  if (last === undefined) return { said: null, code: null };
  const stated = (JSON.parse(last.raw) as { code?: unknown }).code;
  return { said: last.text, code: (Object.keys(errorCodes) as ErrorCode[]).find((known) => known === stated) ?? null };
}

function startError(name: string, how: string, lines: readonly LogLine[]): ReembedError {
  const { said, code } = lastWords(lines);
  const why = said ?? lines.map(({ text }) => text).join('\n');
  return new ReembedError(code ?? 'internal', `the ${name} did not start, it ended ${how}: ${why}`);
}

/** A child that is started again when it dies. */
export type KeptChild = {
  readonly ready: string;
  /** The process that runs now. */
  pid(): number;
  /** Rejects once it has died too often lately. Never resolves. */
  readonly lost: Promise<never>;
  stop(): Promise<void>;
};

/** Deaths after which somebody has to look, where they come within so many ms: five in a week are bad luck, five in a row a fault. */
const mostDeaths = 5;
const lately = 10 * 60_000;

/** `restartMs`: between a death and the next start. `now` in ms, of a clock that only goes forwards. */
export type KeepRunningOptions = { readonly restartMs?: number; readonly now?: () => number };

/** Work goes on where it was, because its state is outside; `start` gets what the first child said, such as its address. */
export async function keepRunning(
  start: (before: string | null) => Promise<Child>,
  tell: (line: string) => void,
  { restartMs = 500, now = () => performance.now() }: KeepRunningOptions = {},
): Promise<KeptChild> {
  const lost = Promise.withResolvers<never>();
  lost.promise.catch(() => {});
  let stopping = false;
  let child = await start(null);
  const { ready } = child;
  const watch = async () => {
    for (let deaths: number[] = []; ; ) {
      const { how, code } = await child.ended;
      if (stopping) return;
      deaths = [...deaths.filter((at) => now() - at < lately), now()];
      if (deaths.length >= mostDeaths) {
        const message = `the ${child.name} died ${deaths.length} times within ${lately / 60_000} minutes, the last time ${how}`;
        // A cause's own code, to the end.
        throw new ReembedError(code ?? 'internal', message);
      }
      tell(`the ${child.name} ended ${how}; it is started again`);
      await sleep(restartMs);
      if (stopping) return;
      child = await start(ready);
    }
  };
  const watching = watch().catch((error: unknown) => lost.reject(error));
  return {
    ready,
    pid: () => child.pid,
    lost: lost.promise,
    async stop() {
      stopping = true;
      await child.stop();
      await watching;
      // One that was being started just then.
      await child.stop();
    },
  };
}
