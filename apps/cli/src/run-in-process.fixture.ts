import { runCli } from './run-cli.ts';

/** Runs one command line in this process, under no environment but `env`, and answers its exit code and what it said. */
export async function runInProcess(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const lines = { out: [] as string[], err: [] as string[] };
  const exit = await runCli(args, {
    env,
    out: (line) => lines.out.push(line),
    err: (line) => lines.err.push(line),
    terminal: null,
    signal: new AbortController().signal,
  });
  return { exit, out: lines.out.join('\n'), err: lines.err.join('\n') };
}
