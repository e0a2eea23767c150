import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { built } from './built.ts';
import { within } from './eventually.ts';
import { type Interruption, interruptionsVariable, type Report } from './interruption.ts';
import type { ProcessGuard } from './process-guard.ts';

/** A coordinator, a worker or a gateway as a process of its own. */
export type AppProcess = AsyncDisposable & {
  /** What it said when it was ready: the address of a coordinator or a gateway, a worker's name. */
  readonly name: string;
  readonly pid: number;
  alive(): boolean;
  /** Resolves when it stands where it is interrupted: says where. */
  hit(): Promise<string>;
  /** How the call ended before which it was stopped or held: `ok`, or the error's code. */
  ended(): Promise<string>;
  /** Resolves with the signal or exit code that ended it. */
  exited(): Promise<NodeJS.Signals | number | null>;
  signal(signal: NodeJS.Signals): void;
  /** Lets a held process go on. */
  release(): void;
  /** Sets its wall clock forwards, or back where negative. */
  setClockBy(ms: number): void;
  /** The last lines it logged. */
  log(): string;
};

export type AppOptions = {
  readonly env: Readonly<Record<string, string>>;
  readonly interruptions?: readonly Interruption[];
  readonly guard: ProcessGuard;
  /** The folder of another build than that of this checkout. */
  readonly build?: string;
};

const keptLogLines = 60;

/** Gateways, and coordinators that have a process to plan in, are the app itself: nothing of it is interrupted but by its end. */
const mains = {
  coordinator: 'e2e/support/coordinator-main.js',
  'whole coordinator': 'apps/coordinator/src/main.js',
  worker: 'e2e/support/worker-main.js',
  gateway: 'apps/gateway/src/main.js',
} as const;

/** Starts one and waits until it is ready. It ends with the returned object, and with this process. */
export async function startApp(app: keyof typeof mains, { env, interruptions = [], guard, build }: AppOptions): Promise<AppProcess> {
  const main = mains[app];
  const child = fork(build === undefined ? built(main) : join(build, main), [], {
    env: { ...env, [interruptionsVariable]: JSON.stringify(interruptions) },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const pid = child.pid ?? 0;
  guard.watch(pid);
  const exited = once(child, 'exit').then(([code, signal]) => {
    guard.forget(pid);
    return (signal ?? code) as NodeJS.Signals | number | null;
  });
  const lines = keepLines(child);
  const reports = readReports(child);
  const details = () => `\n${lines.join('\n')}`;
  const alive = () => child.exitCode === null && child.signalCode === null;
  const early = exited.then((how) => {
    throw new Error(`the ${app} ended with ${how} before it was ready${details()}`);
  });
  const name = await within(`the ${app} is ready`, Promise.race([reports.ready, early]), { details });
  early.catch(() => undefined);
  return {
    name,
    pid,
    alive,
    hit: () => within(`the ${app} is interrupted at ${JSON.stringify(interruptions)}`, reports.hit, { details }),
    ended: () => within(`the interrupted call of the ${app} ends`, reports.ended, { details }),
    exited: () => within(`the ${app} ends`, exited, { details }),
    signal: (signal) => void child.kill(signal),
    release: () => void child.send({ release: true }),
    setClockBy: (ms) => void child.send({ setClockBy: ms }),
    log: () => lines.join('\n'),
    async [Symbol.asyncDispose]() {
      if (alive()) child.kill('SIGKILL');
      await exited;
    },
  };
}

function readReports(child: ChildProcess) {
  const ready = Promise.withResolvers<string>();
  const hit = Promise.withResolvers<string>();
  const ended = Promise.withResolvers<string>();
  child.on('message', (message: Report | { ready: string }) => {
    if ('ready' in message) ready.resolve(message.ready);
    else if ('hit' in message) hit.resolve(message.hit);
    else ended.resolve(message.ended);
  });
  return { ready: ready.promise, hit: hit.promise, ended: ended.promise };
}

function keepLines({ stderr }: ChildProcess): string[] {
  const lines: string[] = [];
  stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (process.env.REEMBED_E2E_LOG) process.stderr.write(text);
    lines.push(...text.trimEnd().split('\n'));
    if (lines.length > keptLogLines) lines.splice(0, lines.length - keptLogLines);
  });
  return lines;
}
