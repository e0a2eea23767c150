import type { Fits, RateBudget } from '@reembed/core';
import type { Redis } from 'ioredis';
import type { Keys } from '../redis/keys.ts';
import { answered, createScriptRunner, luaNow, type Script } from '../redis/requests.ts';

/** Of sizes a quarter more is tried every ten minutes. */
const sizeRise = { factor: 1.25, everyMs: 600_000 };
/** Of requests at once half as many more every five. */
export const requestsRise = { factor: 1.5, everyMs: 300_000 };
/** What is learnt of a server is forgotten a day after it was last told, in ms. */
const keptMs = 86_400_000;

/**
 * ARGV: fields, each with its new value: kept with the moment, unless what stands there allows no more by now. Of two workers that learn at once the one
 * that was told less is right.
 */
const learnScript: Script = {
  name: 'reembedLearn',
  lua: `${luaNow}
    for at = 1, #ARGV, 2 do
      local field, value = ARGV[at], tonumber(ARGV[at + 1])
      local before = tonumber(redis.call('HGET', KEYS[1], field))
      if before then
        local since = tonumber(redis.call('HGET', KEYS[1], field .. 'At')) or 0
        before = before * ${sizeRise.factor} ^ math.floor((now - since) / ${sizeRise.everyMs})
      end
      if not before or value < before then redis.call('HSET', KEYS[1], field, value, field .. 'At', now) end
    end
    redis.call('PEXPIRE', KEYS[1], ${keptMs})`,
};

/** KEYS: fits, underWay. Halves the requests at once, at most every few seconds: those that were sent together get no answer together. */
const crowdedScript: Script = {
  name: 'reembedCrowded',
  lua: `${luaNow}
    redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
    local underWay = redis.call('ZCARD', KEYS[2])
    local last = tonumber(redis.call('HGET', KEYS[1], 'requestsAt')) or 0
    if now - last < 5000 then return 1 end
    if underWay < 2 then return 0 end
    redis.call('HSET', KEYS[1], 'requests', math.floor(underWay / 2), 'requestsAt', now)
    redis.call('PEXPIRE', KEYS[1], ${keptMs})
    return 1`,
};

const ageScript: Script = {
  name: 'reembedFits',
  lua: `${luaNow}
    return {now, redis.call('HGETALL', KEYS[1])}`,
};

/** What servers were found to take at once, in Redis, so that the whole fleet goes by it; it rises again slowly. */
export function createLearntFits(redis: Redis, keys: Keys): Pick<RateBudget, 'fits' | 'learn' | 'crowded'> {
  const run = createScriptRunner(redis);
  return {
    async fits(model) {
      const [now, flat] = (await run(ageScript, [keys.provider(model).fits])) as [number, string[]];
      const stored = Object.fromEntries(flat.flatMap((name, at) => (at % 2 === 0 ? [[name, Number(flat[at + 1])]] : [])));
      return risen(stored, now);
    },
    async learn(model, fits) {
      const told = Object.entries(fits).flatMap(([name, value]) => [name, Math.max(1, Math.floor(value))]);
      if (told.length > 0) await run(learnScript, [keys.provider(model).fits], told);
    },
    async crowded(model) {
      const { fits, underWay } = keys.provider(model);
      return (await answered(run(crowdedScript, [fits, underWay]))) === 1;
    },
  };
}

function risen(
  { inputs, inputsAt = 0, tokens, tokensAt = 0, requests, requestsAt = 0 }: Readonly<Record<string, number>>,
  now: number,
): Fits {
  const rise = (value: number, since: number, { factor, everyMs } = sizeRise) =>
    Math.floor(value * factor ** Math.floor((now - since) / everyMs));
  return {
    ...(inputs === undefined ? {} : { inputs: rise(inputs, inputsAt) }),
    ...(tokens === undefined ? {} : { tokens: rise(tokens, tokensAt) }),
    ...(requests === undefined ? {} : { requests: rise(requests, requestsAt, requestsRise) }),
  };
}
