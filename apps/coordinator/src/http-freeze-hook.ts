import { randomUUID } from 'node:crypto';
import { readSecret } from '@reembed/contracts';
import { type FreezeHook, isReembedError, ReembedError } from '@reembed/core';
import type { FreezeHookConfig, ReachOut } from '@reembed/embedders';
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';

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
    return send(reachOut, url, { headers: headersOf(hook, env, body), body, signal: AbortSignal.timeout(limitMs) });
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

/** The longest answer that is read, in bytes. */
const longestAnswer = 64 * 1024;

/** Signed by Standard Webhooks. Each request has an id of its own: a hold that is asked for again is meant again. */
function headersOf(
  hook: FreezeHookConfig | undefined,
  env: Readonly<Record<string, string | undefined>>,
  body: string,
): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (hook === undefined) return headers;
  const { url, apiKeyEnv, header, signWithEnv } = hook;
  if (apiKeyEnv !== null) {
    const key = secretOf(url, apiKeyEnv, env);
    headers[header ?? 'authorization'] = header === null ? `Bearer ${key}` : key;
  }
  if (signWithEnv !== null) {
    const [id, at] = [randomUUID(), new Date()];
    headers['webhook-id'] = id;
    headers['webhook-timestamp'] = String(Math.floor(at.getTime() / 1000));
    headers['webhook-signature'] = signerOf(url, signWithEnv, env).sign(id, at, body);
  }
  return headers;
}

function signerOf(url: string, variable: string, env: Readonly<Record<string, string | undefined>>): Webhook {
  const secret = secretOf(url, variable, env);
  try {
    return new Webhook(secret);
  } catch (cause) {
    throw failed(url, `cannot be asked: the secret in ${variable} is no base64`, cause);
  }
}

function secretOf(url: string, variable: string, env: Readonly<Record<string, string | undefined>>): string {
  const { secret, fault } = readSecret(env, variable, url);
  if (secret !== null && fault === null) return secret;
  const why = fault ?? 'is not set; set it in the environment of the coordinators';
  throw failed(url, `cannot be asked: ${variable}, which freezeHooks in reembed.config.yaml names, ${why}`);
}

async function send(reachOut: ReachOut, url: string, request: Parameters<ReachOut['post']>[1]): Promise<string> {
  try {
    const answer = await reachOut.post(url, request);
    const text = await textOf(answer);
    if (!answer.ok) throw failed(url, answer.status >= 300 && answer.status < 400 ? 'redirected elsewhere' : `answered ${answer.status}`);
    return text;
  } catch (cause) {
    if (isReembedError(cause, 'address-not-allowed')) throw failed(url, `is not asked: ${cause.message}`, cause);
    if (isReembedError(cause)) throw cause;
    throw failed(url, `did not answer: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
}

async function textOf({ body }: Awaited<ReturnType<ReachOut['post']>>): Promise<string> {
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
