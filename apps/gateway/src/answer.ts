import type { Readable } from 'node:stream';
import { errorCodes, hideSecrets } from '@reembed/contracts';
import { isReembedError, ReembedError } from '@reembed/core';
import type { Forwarded } from '@reembed/qdrant';
import { sentOn } from './access.ts';
import { readBody } from './read-body.ts';

/** What an application is answered. */
export type Answer = { readonly status: number; readonly headers: Forwarded['headers']; readonly body: Readable | Buffer | string };

/** What is no plain success is read, because a proxy before Qdrant may say back what it was sent: the gateway's own key is none of the application's business. */
export function isRead(status: number): boolean {
  return status >= 300;
}

/** What Qdrant answered, with headers of ours. Throws `qdrant-unreachable` where an error does not come whole. */
export async function answerOf(answered: Forwarded, more: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const { status, headers, body } = isRead(answered.status) ? await withoutSecrets(answered) : answered;
  return { status, headers: { ...sentOn(headers), ...more }, body };
}

async function withoutSecrets({ status, ...answered }: Forwarded) {
  const { headers, body } = await readBody(answered.body, answered.headers).catch((cause: unknown) => {
    throw unreadable(status, 'did not come whole', cause);
  });
  const { 'content-encoding': encoding = 'identity' } = headers;
  if (encoding !== 'identity') throw unreadable(status, `is encoded as ${encoding}`);
  const shown = Object.entries(headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.map(hideSecrets) : value && hideSecrets(value),
  ]);
  return { status, headers: Object.fromEntries(shown) as Forwarded['headers'], body: hideSecrets(body.toString()) };
}

function unreadable(status: number, why: string, cause?: unknown): ReembedError {
  return new ReembedError('qdrant-unreachable', `Qdrant, or a proxy before it, answered with ${status}, and what it said ${why}`, {
    cause,
  });
}

/** An error, in the form of whoever asked for what is of this kind. */
export function failed(kind: string, error: unknown): Answer {
  const { code, message } = isReembedError(error)
    ? error
    : ({ code: 'internal', message: 'a defect of reembed; the log of the gateway says more' } as const);
  return refused(kind, errorCodes[code].httpStatus, code, message);
}

/** As Qdrant says its errors, and where OpenAI's API is spoken as that does. */
export function refused(kind: string, status: number, code: string, message: string): Answer {
  const said =
    kind === 'embeddings' ? { error: { message, type: code, param: null, code } } : { status: { error: `${message} [${code}]` }, time: 0 };
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body: JSON.stringify(said) };
}
