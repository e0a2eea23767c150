import { type FreezeHook, ReembedError } from '@reembed/core';

/**
 * The freeze hook over HTTP: `POST <url>` with `{"action": "hold" | "release", "migration": id, "timeoutMs": n}`. A 2xx answer to `hold`
 * says that writes in flight have ended and that new ones wait, for at most `timeoutMs` from the moment it was asked.
 */
export function createHttpFreezeHook(): FreezeHook {
  return {
    hold: (url, migration, timeoutMs) => post(url, { action: 'hold', migration, timeoutMs }, timeoutMs),
    release: (url, migration) => post(url, { action: 'release', migration }, releaseLimitMs),
  };
}

/** A release is not waited for longer than this: where it fails, the hold ends by its own limit. */
const releaseLimitMs = 5_000;

async function post(url: string, body: object, limitMs: number): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body), signal: AbortSignal.timeout(limitMs) }).catch(
    (cause: unknown) => {
      throw failed(url, `did not answer: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
    },
  );
  await answer.body?.cancel();
  if (!answer.ok) throw failed(url, `answered ${answer.status}`);
}

function failed(url: string, what: string, cause?: unknown): ReembedError {
  return new ReembedError(
    'freeze-failed',
    `the freeze hook ${new URL(url).origin} ${what}: nothing was switched; mend it, or leave switch.freeze out`,
    { cause },
  );
}
