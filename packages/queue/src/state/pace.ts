import { setTimeout as sleep } from 'node:timers/promises';
import { type BatchCost, type CostLimits, type Costs, type Pace, timedParts, type WorkTimes } from '@reembed/core';
import type { RedisConnections } from '../redis/connect-redis.ts';
import type { Keys } from '../redis/keys.ts';
import { answered, createScriptRunner, luaNow, type Script } from '../redis/requests.ts';

/** As much of a second may be caught up with: whoever was late by a little need not be late for ever. */
const burstSeconds = 0.2;
/** Whoever waits looks again after so long at the latest, in ms: the pace may be another by then. */
const longestWaitMs = 500;
/** A migration that nobody works on is forgotten, in ms. */
const keptMs = 86_400_000;

/**
 * KEYS: pace. ARGV: points, the spec's points a second (0: no limit), and 1 where somebody has to say how fast. What was taken is owed, and
 * falls by the rate that holds at that moment, so that another rate counts at once, also for those that wait. `go`, or `wait` and for how many ms.
 */
const takeScript: Script = {
  name: 'reembedTake',
  lua: `${luaNow}
    local rate = tonumber(ARGV[2])
    if ARGV[3] == '1' then
      if now > (tonumber(redis.call('HGET', KEYS[1], 'until')) or 0) then return {'wait', ${longestWaitMs}} end
      local allowed = tonumber(redis.call('HGET', KEYS[1], 'allowed'))
      if allowed and allowed <= 0 then return {'wait', ${longestWaitMs}} end
      if allowed and (rate == 0 or allowed < rate) then rate = allowed end
    end
    if rate > 0 then
      local at = tonumber(redis.call('HGET', KEYS[1], 'at')) or now
      local owed = math.max(0, (tonumber(redis.call('HGET', KEYS[1], 'owed')) or 0) - rate * (now - at) / 1000)
      local free = rate * ${burstSeconds}
      redis.call('HSET', KEYS[1], 'at', now, 'owed', string.format('%.3f', owed))
      if owed > free then return {'wait', math.min(${longestWaitMs}, math.ceil((owed - free) / rate * 1000))} end
      redis.call('HSET', KEYS[1], 'owed', string.format('%.3f', owed + ARGV[1]))
    end
    redis.call('HINCRBY', KEYS[1], 'taken', ARGV[1])
    redis.call('PEXPIRE', KEYS[1], ${keptMs})
    return {'go', 0}`,
};

/** KEYS: pace. ARGV: points a second (empty: no limit), why, and for how many ms. */
const allowScript: Script = {
  name: 'reembedAllow',
  lua: `${luaNow}
    redis.call('HSET', KEYS[1], 'allowed', ARGV[1], 'why', ARGV[2], 'until', now + ARGV[3])
    redis.call('PEXPIRE', KEYS[1], ${keptMs})`,
};

/** What was noted so long ago counts half as much, in ms; what nobody adds to is forgotten. */
const timesHalfLifeMs = 15_000;
const timesKeptMs = 60_000;

/** KEYS: times. ARGV: field and ms by turns. */
const noteTimesScript: Script = {
  name: 'reembedNoteTimes',
  lua: `${luaNow}
    local at = tonumber(redis.call('HGET', KEYS[1], 'at')) or now
    local left = 0.5 ^ (math.max(0, now - at) / ${timesHalfLifeMs})
    for i = 1, #ARGV, 2 do
      local before = tonumber(redis.call('HGET', KEYS[1], ARGV[i])) or 0
      redis.call('HSET', KEYS[1], ARGV[i], string.format('%.3f', before * left + ARGV[i + 1]))
    end
    redis.call('HSET', KEYS[1], 'at', now)
    redis.call('PEXPIRE', KEYS[1], ${timesKeptMs})`,
};

const timesFields = ['inHand', ...timedParts] as const;

/** How fast each migration may go, in Redis, so that the whole fleet goes by it. */
export function createPace({ requests }: RedisConnections, keys: Keys): Pace {
  const run = createScriptRunner(requests);
  return {
    async take(id, points, { pointsPerSecond, told }, signal) {
      for (;;) {
        signal.throwIfAborted();
        const [verdict, ms] = (await run(takeScript, [keys.pace(id)], [points, pointsPerSecond ?? 0, told ? 1 : 0])) as [string, number];
        if (verdict === 'go') return;
        await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
      }
    },
    async allow(id, { pointsPerSecond, why }, forMs) {
      await run(allowScript, [keys.pace(id)], [pointsPerSecond ?? '', why, forMs]);
    },
    async standing(id) {
      const { allowed, why, taken = '0' } = await answered(requests.hgetall(keys.pace(id)));
      if (why === undefined && taken === '0') return null;
      return { pointsPerSecond: allowed ? Number(allowed) : null, why: why ?? '', taken: Number(taken) };
    },
    async noteTimes(id, times) {
      await run(
        noteTimesScript,
        [keys.times(id)],
        timesFields.flatMap((field) => [field, times[field]]),
      );
    },
    async times(id) {
      const found = await answered(requests.hmget(keys.times(id), ...timesFields));
      if (found.every((value) => value === null)) return null;
      return Object.fromEntries(timesFields.map((field, at) => [field, Number(found[at] ?? 0)])) as WorkTimes;
    },
  };
}

/** Lua: what is set aside and spent. KEYS: cost, batchCosts. ARGV[2] and ARGV[3]: what is known to have been spent on requests and on batches. */
const spentSoFar = `
    local requests = math.max(tonumber(redis.call('GET', KEYS[1])) or 0, tonumber(ARGV[2]))
    local batches = math.max(tonumber(redis.call('HGET', KEYS[2], '')) or 0, tonumber(ARGV[3]))`;

/** KEYS: cost, batchCosts. ARGV: what all may cost, or the empty text, what is known to have been spent, and what the request costs. */
const reserveScript: Script = {
  name: 'reembedReserve',
  lua: `${spentSoFar}
    if ARGV[1] ~= '' and requests + batches + ARGV[4] > tonumber(ARGV[1]) then return 0 end
    redis.call('SET', KEYS[1], string.format('%.12g', requests + ARGV[4]))
    return 1`,
};

/** Lua: sets aside what a part costs, instead of what was set aside for it before. The sum of all is under the empty text. */
const setAside = `
    local function setAside(part, usd)
      local before = tonumber(redis.call('HGET', KEYS[2], part)) or 0
      local all = tonumber(redis.call('HGET', KEYS[2], '')) or 0
      redis.call('HSET', KEYS[2], part, usd, '', string.format('%.12g', all + usd - before))
    end`;

/** KEYS: cost, batchCosts. ARGV: as above, then the part and what its batch costs. */
const reserveBatchScript: Script = {
  name: 'reembedReserveBatch',
  lua: `${spentSoFar}${setAside}
    local before = tonumber(redis.call('HGET', KEYS[2], ARGV[4])) or 0
    if ARGV[1] ~= '' and requests + batches - before + ARGV[5] > tonumber(ARGV[1]) then return 0 end
    setAside(ARGV[4], ARGV[5])
    return 1`,
};

/** KEYS: cost, batchCosts. ARGV: 1 where what is known already stays, then parts, each with what its batch costs. */
const noteBatchesScript: Script = {
  name: 'reembedNoteBatches',
  lua: `${setAside}
    for at = 2, #ARGV, 2 do
      if ARGV[1] ~= '1' or redis.call('HEXISTS', KEYS[2], ARGV[at]) == 0 then setAside(ARGV[at], ARGV[at + 1]) end
    end`,
};

/** What each migration spends, in Redis: of two workers one is the first, and the other one knows of it. */
export function createCosts({ requests }: RedisConnections, keys: Keys): Costs {
  const run = createScriptRunner(requests);
  const keysFor = (id: string) => [keys.cost(id), keys.batchCosts(id)];
  const limitArgs = ({ mostUsd, spent }: CostLimits) => [mostUsd ?? '', spent.requests, spent.batches];
  const batchArgs = (batches: readonly BatchCost[]) => batches.flatMap(({ part, usd }) => [part, usd]);
  return {
    reserve: async (id, usd, limits) => (await run(reserveScript, keysFor(id), [...limitArgs(limits), usd])) === 1,
    async giveBack(id, usd) {
      await answered(requests.incrbyfloat(keys.cost(id), -usd));
    },
    reserveBatch: async (id, batch, limits) =>
      (await run(reserveBatchScript, keysFor(id), [...limitArgs(limits), ...batchArgs([batch])])) === 1,
    async noteBatches(id, batches) {
      // One field is the sum. A range looks at its batch again and again, and a list may be of tens of thousands.
      if ((await answered(requests.hlen(keys.batchCosts(id)))) - 1 >= batches.length) return;
      for (let at = 0; at < batches.length; at += notedAtOnce)
        await run(noteBatchesScript, keysFor(id), [1, ...batchArgs(batches.slice(at, at + notedAtOnce))]);
    },
    async settleBatch(id, batch) {
      await run(noteBatchesScript, keysFor(id), [0, ...batchArgs([batch])]);
    },
  };
}

const notedAtOnce = 1_000;
