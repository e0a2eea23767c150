import { type ErrorCode, errorCodes } from '@reembed/contracts';
import { isReembedError } from '@reembed/core';
import { Interrupted } from './interrupt.ts';

/** Wrong use of the command line: the same number as a spec that is not valid. */
export const usageExitCode = errorCodes['invalid-request'].exitCode;

export function exitCodeOf(error: unknown): number {
  if (error instanceof Interrupted) return error.exitCode;
  return isReembedError(error) ? errorCodes[error.code].exitCode : errorCodes.internal.exitCode;
}

/** The exit codes and the error codes behind each, for `reembed --help`. */
export function exitCodesText(): string {
  const byExit = Map.groupBy(Object.keys(errorCodes) as ErrorCode[], (code) => errorCodes[code].exitCode);
  const rows = [...byExit].toSorted(([a], [b]) => a - b).map(([exit, codes]) => `  ${String(exit).padStart(3)}  ${codes.join(', ')}`);
  return ['', 'Exit codes:', '    0  done', ...rows, '  130  Ctrl-C (143: SIGTERM); the same command goes on where it stopped'].join('\n');
}
