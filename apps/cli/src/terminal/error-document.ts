import type { ErrorReply } from '@reembed/contracts';
import type { ReembedError } from '@reembed/core';

/** An error as the API answers it, and as --json shows it. */
export function errorDocument({ code, message, issues }: Pick<ReembedError, 'code' | 'message' | 'issues'>): ErrorReply {
  return { code, message, ...(issues.length === 0 ? {} : { issues: [...issues] }) };
}
