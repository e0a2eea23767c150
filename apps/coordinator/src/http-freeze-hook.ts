import { type FreezeHook, ReembedError } from '@reembed/core';
import { z } from 'zod';

/**
 * The freeze hook over HTTP: `POST <url>` with `{"action": "hold" | "release", "migration": id, "token": t, "timeoutMs": n}`. A 2xx answer to
 * `hold` whose JSON repeats the token says that writes in flight have ended and that new ones wait, for at most `timeoutMs` from the moment
 * it was asked; any other answer, a redirect too, may come from somebody who knows nothing of writers. A release with another token than
 * that of the last hold is of a coordinator that slept, and is to change nothing.
 */
export function createHttpFreezeHook(): FreezeHook {
  return {
    async hold(url, hold) {
      const answer = answerSchema.safeParse(parseJson(await post(url, { action: 'hold', ...hold }, hold.timeoutMs)));
      if (answer.data?.token !== hold.token)
        throw failed(url, 'answered without the token of the hold, as JSON {"token": …}: it is not known that anybody was held');
    },
    release: async (url, hold) => void (await post(url, { action: 'release', ...hold }, releaseLimitMs)),
  };
}

const answerSchema = z.object({ token: z.string() });

/** A release is not waited for longer than this: where it fails, the hold ends by its own limit. */
const releaseLimitMs = 5_000;

/** The longest answer that is read, in bytes. */
const longestAnswer = 64 * 1024;

async function post(url: string, body: object, limitMs: number): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const signal = AbortSignal.timeout(limitMs);
  try {
    const answer = await fetch(url, { method: 'POST', redirect: 'manual', headers, body: JSON.stringify(body), signal });
    const text = await textOf(answer);
    if (!answer.ok) throw failed(url, answer.status >= 300 && answer.status < 400 ? 'redirected elsewhere' : `answered ${answer.status}`);
    return text;
  } catch (cause) {
    if (cause instanceof ReembedError) throw cause;
    throw failed(url, `did not answer: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
}

async function textOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const piece of body ?? []) {
    text += decoder.decode(piece, { stream: true });
    if (text.length > longestAnswer) break;
  }
  return text;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function failed(url: string, what: string, cause?: unknown): ReembedError {
  return new ReembedError(
    'freeze-failed',
    `the freeze hook ${new URL(url).origin} ${what}: nothing was switched; mend it, or leave switch.freeze out`,
    { cause },
  );
}
