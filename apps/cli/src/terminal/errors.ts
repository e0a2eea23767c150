import { errorCodes, type Issue } from '@reembed/contracts';
import { inWords, isReembedError, type ReembedError } from '@reembed/core';
import { Interrupted } from './interrupt.ts';

export function exitCodeOf(error: unknown): number {
  if (error instanceof Interrupted) return error.exitCode;
  return isReembedError(error) ? errorCodes[error.code].exitCode : errorCodes.internal.exitCode;
}

/** The lines of an error on stderr: its message, then each issue as `field (value): message`. A defect shows its stack. */
export function renderError(error: unknown): string[] {
  if (!isReembedError(error)) return [`reembed: a defect: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`];
  return [`reembed: ${withoutIssues(error)} [${error.code}]`, ...error.issues.map((issue) => `  ${renderIssue(issue)}`)];
}

/** `field (value): message`. */
export function renderIssue(issue: Issue): string {
  return inWords('', [issue]).slice(': '.length);
}

/** The message of an error with issues lists them in one line, for logs; this is what stands before the list. */
export function withoutIssues({ message, issues }: ReembedError): string {
  const listed = inWords('', issues);
  return issues.length > 0 && message.endsWith(listed) ? message.slice(0, -listed.length) : message;
}
