import { ReembedError } from '@reembed/core';

const lost =
  /Connection is closed|Command timed out|max retries per request|Stream isn't writeable|ECONN|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EPIPE|EAI_AGAIN|Socket closed/i;
/** Replies of a Redis that is there but cannot serve now. A full one counts: it recovers when somebody makes room. */
const unfit = /^(LOADING|CLUSTERDOWN|MASTERDOWN|READONLY|TRYAGAIN|OOM|MISCONF|NOREPLICAS|BUSY)\b/;
const refused = /^(NOAUTH|WRONGPASS|NOPERM)\b/;

/** Whether an error says that Redis did not serve, as against a defect of a script. */
export function isUnreachable(error: unknown): error is Error {
  return (
    error instanceof Error &&
    (lost.test(error.message) || lost.test(codeOf(error)) || unfit.test(error.message) || refused.test(error.message))
  );
}

/** Waits for a reply of Redis; throws ReembedError `redis-unreachable` where none comes. Any other error is a defect and passes through. */
export async function answered<T>(reply: Promise<T>): Promise<T> {
  try {
    return await reply;
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    throw new ReembedError('redis-unreachable', `Redis did not answer: ${error.message || codeOf(error)}`, { cause: error });
  }
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
