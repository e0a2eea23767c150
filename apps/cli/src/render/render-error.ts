import { inWords, isReembedError } from '@reembed/core';

/** The lines of an error on stderr: its message, then each issue as `field (value): message`. A defect shows its stack. */
export function renderError(error: unknown): string[] {
  if (!isReembedError(error)) return [`reembed: a defect: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`];
  if (error.issues.length === 0) return [`reembed: ${error.message} [${error.code}]`];
  // The message of an error with issues lists them in one line, for logs; here each has a line of its own.
  const listed = inWords('', error.issues);
  const summary = error.message.endsWith(listed) ? error.message.slice(0, -listed.length) : error.message;
  return [`reembed: ${summary} [${error.code}]`, ...error.issues.map((issue) => `  ${inWords('', [issue]).slice(2)}`)];
}
