import { CommanderError } from 'commander';
import { createProgram } from './create-program.ts';
import { exitCodeOf, usageExitCode } from './exit-codes.ts';
import type { Host } from './host.ts';
import { Interrupted } from './interrupt.ts';
import { renderError } from './render/render-error.ts';

/** Runs one command line and answers its exit code. Errors go to stderr; nothing is thrown. */
export async function runCli(args: readonly string[], host: Host): Promise<number> {
  try {
    await createProgram(host).parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has printed what it had to say: help and version end with 0, the rest is wrong use.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usageExitCode;
    const cause = host.signal.aborted && host.signal.reason instanceof Interrupted ? host.signal.reason : error;
    if (!(cause instanceof Interrupted)) for (const line of renderError(cause)) host.err(line);
    return exitCodeOf(cause);
  }
}
