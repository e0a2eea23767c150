import type { Readable } from 'node:stream';
import { errorCodes, hideSecrets } from '@reembed/contracts';
import { isReembedError } from '@reembed/core';
import type { Forwarded } from '@reembed/qdrant';
import { sentOn } from './access.ts';
import { readBody } from './read-body.ts';

/** What an application is answered. */
export type Answer = { readonly status: number; readonly headers: Forwarded['headers']; readonly body: Readable | Buffer | string };

/** What Qdrant answered, with headers of ours. */
export async function answerOf(answered: Forwarded, more: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const { status, headers, body } = answered.status < 400 ? answered : await withoutSecrets(answered);
  return { status, headers: { ...sentOn(headers), ...more }, body };
}

/** An error is read, because a proxy before Qdrant may say back what it was sent: the gateway's own key is none of the application's business. */
async function withoutSecrets({ status, ...answered }: Forwarded) {
  const { headers, body } = await readBody(answered.body, answered.headers);
  return { status, headers, body: hideSecrets(body.toString()) };
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
