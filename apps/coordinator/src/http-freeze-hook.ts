import { randomUUID } from 'node:crypto';
import { type FreezeHook, isReembedError, ReembedError } from '@reembed/core';
import type { FreezeHookConfig, ReachOut } from '@reembed/embedders';
import { z } from 'zod';
import { answerText } from './hooks/answer-text.ts';
import { signedHeaders } from './hooks/signed-headers.ts';

export type HookAccess = {
  readonly hooks: readonly FreezeHookConfig[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly reachOut: ReachOut;
};

/**
 * The freeze hook over HTTP: `POST <url>` with `{"action": "hold" | "release", "migration": id, "token": t, "timeoutMs": n}`. A 2xx answer to
 * `hold` whose JSON repeats the token says that writes in flight have ended and that new ones wait, for at most `timeoutMs` from the moment
 * it was asked; any other answer, a redirect too, may come from somebody who knows nothing of writers. A release with another token than
 * that of the last hold is of a coordinator that slept, and is to change nothing. `hooks`: the key that one wants and the secret that requests to it are
 * signed with, each in a variable of `env`.
 */
export function createHttpFreezeHook({ hooks, env, reachOut }: HookAccess): FreezeHook {
  const post = (url: string, word: object, limitMs: number) => {
    const body = JSON.stringify(word);
    const hook = hooks.find((one) => one.url === url);
    return send(reachOut, url, { headers: headersOf(hook, url, env, body), body, signal: AbortSignal.timeout(limitMs) });
  };
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

/** Each request has an id of its own: a hold that is asked for again is meant again. */
function headersOf(hook: FreezeHookConfig | undefined, url: string, env: HookAccess['env'], body: string): Record<string, string> {
  try {
    return signedHeaders(hook, { url, env, body, id: randomUUID(), namedBy: 'freezeHooks' });
  } catch (cause) {
    throw failed(url, `cannot be asked: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
}

async function send(reachOut: ReachOut, url: string, request: Parameters<ReachOut['post']>[1]): Promise<string> {
  try {
    const answer = await reachOut.post(url, request);
    const text = await answerText(answer);
    if (!answer.ok) throw failed(url, answer.status >= 300 && answer.status < 400 ? 'redirected elsewhere' : `answered ${answer.status}`);
    return text;
  } catch (cause) {
    if (isReembedError(cause, 'address-not-allowed')) throw failed(url, `is not asked: ${cause.message}`, cause);
    if (isReembedError(cause)) throw cause;
    throw failed(url, `did not answer: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
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
