import { ReembedError } from '@reembed/core';
import type { Redis } from 'ioredis';

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

/** A Lua script: a change of state that happens whole or not at all. */
export type Script = { readonly name: string; readonly lua: string };

export type RunScript = (script: Script, keys: readonly string[], args?: readonly (string | number)[]) => Promise<unknown>;

/** Lua that sets `now`, in ms. Times are those of the Redis host, so that the clocks of machines do not matter. */
export const luaNow = `
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/** Runs scripts by their hash; a Redis that has lost a script is sent it again. Throws `redis-unreachable`. */
export function createScriptRunner(redis: Redis): RunScript {
  const defined = new Set<string>();
  return async (script, keys, args = []) => {
    if (!defined.has(script.name)) {
      redis.defineCommand(script.name, { lua: script.lua });
      defined.add(script.name);
    }
    const command: unknown = Reflect.get(redis, script.name);
    if (typeof command !== 'function') throw new Error(`script ${script.name} is not defined`);
    return answered(Promise.resolve(command.call(redis, keys.length, ...keys, ...args)));
  };
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
