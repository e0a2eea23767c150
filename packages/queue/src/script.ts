import type { Redis } from 'ioredis';
import { answered } from './redis-error.ts';

/** A Lua script: a change of state that happens whole or not at all. */
export type Script = { readonly name: string; readonly lua: string };

export type RunScript = (script: Script, keys: readonly string[], args?: readonly (string | number)[]) => Promise<unknown>;

/** Runs scripts by their hash; a Redis that lost them gets them again. Throws `redis-unreachable`. */
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
