import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { runCli } from './command-line.ts';
import { withoutServers } from './inputs/models-here.ts';

/** The command line as a user starts it, in a process of its own. */
export type RunningCli = {
  readonly child: ChildProcess;
  /** Both outputs so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves at the first output, on either side, that the pattern matches; rejects where it ended without. */
  output(pattern: RegExp): Promise<RegExpExecArray>;
  /** Exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
};

/** Of the build that is made before tests (scripts/bundle.ts). */
const bin = fileURLToPath(new URL('../../../.build/apps/cli/bin/reembed.js', import.meta.url));

/** `env` is laid over an environment without any address of a real server. */
export function startCli(args: readonly string[], env: Readonly<Record<string, string>> = {}): RunningCli {
  const child = spawn(process.execPath, [bin, ...args], {
    env: { ...withoutServers(process.env), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (piece: string) => {
      text[name] += piece;
    });
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  return {
    child,
    stdout: () => text.stdout,
    stderr: () => text.stderr,
    ended,
    async output(pattern) {
      for (;;) {
        const found = pattern.exec(text.stdout) ?? pattern.exec(text.stderr);
        if (found !== null) return found;
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`it ended without ${pattern}: ${text.stdout}${text.stderr}`);
        const more = [child.stdout, child.stderr].flatMap((stream) => (stream === null ? [] : [once(stream, 'data')]));
        await Promise.race([...more, ended]);
      }
    },
  };
}

/** Runs a command to its end. */
export async function runToEnd(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const cli = startCli(args, env);
  const exit = await cli.ended;
  return { exit, stdout: cli.stdout(), stderr: cli.stderr() };
}

/** Runs one command line in this process, under no environment but `env`, and answers its exit code and what it said. */
export async function runInProcess(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const lines = { out: [] as string[], err: [] as string[] };
  const exit = await runCli(args, {
    env,
    out: (line) => lines.out.push(line),
    err: (line) => lines.err.push(line),
    terminal: null,
    colours: { out: false, err: false },
    signal: new AbortController().signal,
  });
  return { exit, out: lines.out.join('\n'), err: lines.err.join('\n') };
}
