import { allowedBy, type Fits, firstRiseMs, type Lesson, lessonAfter, type RateBudget } from '@reembed/core';
import type { Redis } from 'ioredis';
import type { Keys } from '../redis/keys.ts';
import { answered, createScriptRunner, luaNow, type Script } from '../redis/requests.ts';

/** Of requests at once half as many more are tried every five minutes. */
export const requestsRise = { factor: 1.5, everyMs: 300_000 };
/** Nothing of a server that nobody has told anything of for a day is kept, in ms. */
const keptMs = 86_400_000;

const readScript: Script = {
  name: 'reembedFits',
  lua: `${luaNow}
    return {now, redis.call('HGETALL', KEYS[1])}`,
};

/** ARGV: a size, its most and moment as they were read, and those that it shall have, with its rise. Answers 0 where somebody else was told meanwhile. */
const learnScript: Script = {
  name: 'reembedLearn',
  lua: `
    local size = ARGV[1]
    if (redis.call('HGET', KEYS[1], size) or '') ~= ARGV[2] then return 0 end
    if (redis.call('HGET', KEYS[1], size .. 'At') or '') ~= ARGV[3] then return 0 end
    redis.call('HSET', KEYS[1], size, ARGV[4], size .. 'At', ARGV[5], size .. 'Rise', ARGV[6])
    redis.call('PEXPIRE', KEYS[1], ${keptMs})
    return 1`,
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

/** What servers were found to take at once, in Redis, so that the whole fleet goes by it; it rises again. */
export function createLearntFits(redis: Redis, keys: Keys): Pick<RateBudget, 'fits' | 'learn' | 'crowded'> {
  const run = createScriptRunner(redis);

  async function read(model: string): Promise<{ now: number; stored: Stored }> {
    const [now, flat] = (await run(readScript, [keys.provider(model).fits])) as [number, string[]];
    return { now, stored: Object.fromEntries(flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1] ?? '']] : []))) };
  }

  /** Whoever is told at the same moment goes first, and this one looks again. */
  async function learnSize(model: string, size: Size, fitted: number): Promise<void> {
    for (;;) {
      const { now, stored } = await read(model);
      const before = lessonOf(stored, size);
      const after = lessonAfter(before, fitted, now);
      if (after === before) return;
      const [most, at] = [stored[size] ?? '', stored[`${size}At`] ?? ''];
      if ((await run(learnScript, [keys.provider(model).fits], [size, most, at, after.most, after.at, after.riseMs])) === 1) return;
    }
  }

  return {
    async fits(model) {
      const { now, stored } = await read(model);
      return { ...sizesOf(stored, now), ...requestsOf(stored, now) };
    },
    async learn(model, fits) {
      for (const size of sizes) {
        const most = fits[size];
        if (most !== undefined) await learnSize(model, size, Math.max(1, Math.floor(most)));
      }
    },
    async crowded(model) {
      const { fits, underWay } = keys.provider(model);
      return (await answered(run(crowdedScript, [fits, underWay]))) === 1;
    },
  };
}

type Stored = Readonly<Record<string, string>>;

const sizes = ['inputs', 'tokens'] as const;
type Size = (typeof sizes)[number];

function lessonOf(stored: Stored, size: Size): Lesson | undefined {
  const [most, at, riseMs] = [stored[size], stored[`${size}At`], stored[`${size}Rise`]];
  if (most === undefined) return undefined;
  return { most: Number(most), at: Number(at ?? 0), riseMs: Number(riseMs ?? firstRiseMs) };
}

function sizesOf(stored: Stored, now: number): Fits {
  const allowed = sizes.map((size) => {
    const lesson = lessonOf(stored, size);
    return [size, lesson === undefined ? undefined : allowedBy(lesson, now)] as const;
  });
  return Object.fromEntries(allowed.filter(([, most]) => most !== undefined));
}

function requestsOf({ requests, requestsAt = '0' }: Stored, now: number): Fits {
  if (requests === undefined) return {};
  const { factor, everyMs } = requestsRise;
  return { requests: Math.floor(Number(requests) * factor ** Math.floor((now - Number(requestsAt)) / everyMs)) };
}
