import { type ErrorReply, errorCodes, type Issue } from '@reembed/contracts';
import { inWords, isReembedError, type ReembedError, summarizeError } from '@reembed/core';
import { CommanderError } from 'commander';
import { errorDocument } from './error-document.ts';
import { Interrupted } from './interrupt.ts';

/** How a command ends that did not succeed. */
export type Failure = {
  /** For stderr. */
  readonly lines: readonly string[];
  /** For --json; null where nothing is wrong. */
  readonly document: ErrorReply | { readonly code: 'interrupted'; readonly message: string } | null;
  readonly exitCode: number;
};

export function describeFailure(error: unknown): Failure {
  if (error instanceof Interrupted)
    return { lines: [], document: { code: 'interrupted', message: error.message }, exitCode: error.exitCode };
  if (error instanceof CommanderError) return wrongUse(error);
  const document = isReembedError(error) ? errorDocument(error) : summarizeError(error);
  return { lines: renderError(error), document, exitCode: errorCodes[document.code].exitCode };
}

/** Commander has printed what it had to say: help and version end with 0, the rest is wrong use. */
function wrongUse({ exitCode, message }: CommanderError): Failure {
  if (exitCode === 0) return { lines: [], document: null, exitCode };
  const code = 'invalid-request';
  return { lines: [], document: { code, message: message.replace(/^error: /, '') }, exitCode: errorCodes[code].exitCode };
}

/** The lines of an error on stderr: its message, then each issue as `field (value): message`. A defect shows its stack. */
export function renderError(error: unknown): string[] {
  if (!isReembedError(error)) return [`reembed: a defect: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`];
  // What else stands in a message, a provider's words, begins no line of its own.
  const message = withoutIssues(error).replaceAll('\n', '\n  ');
  return [`reembed: ${message} [${error.code}]`, ...error.issues.map((issue) => `  ${renderIssue(issue)}`)];
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
