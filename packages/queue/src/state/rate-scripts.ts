import { luaNow, type Script } from '../redis/requests.ts';
import { requestsRise } from './learnt-fits.ts';

/*
 * KEYS of every script here: hold (why, while nobody may send), trouble (something was wrong lately), probe (who is out to see), pace (by limit,
 * when the next request is due), underWay (requests by the end of their lease), fits (what was learnt), queries (since when they go first). Times are of
 * Redis' own clock, in ms.
 */

/** How far ahead a moment is given. Further than that is asked again: holds may come, and what others give back. */
const aheadMs = 2_000;
/** How much of what nobody used may be caught up with, in ms: well below the second that providers count by. */
const burstMs = 200;
/** Those who wait for the probe, or for one of few places, look again after so long. */
const lookMs = 250;
/** A probe that says nothing for so long is given up, in ms. */
const probeMs = 30_000;
/** What was wrong counts for so long after the hold: until then one request goes first. */
const troubleMs = 120_000;

/** A query that waits has all others give way for so long beyond its own wait, in ms. */
const givesWayMs = 500;
/** One that has failed, for so long. */
const afterFailureMs = 5_000;

/** Lua that has all others give way to queries for so many ms; who looks sees since when. */
const queriesFirst = `
    local function queriesFirst(ms)
      if redis.call('PTTL', KEYS[7]) >= ms then return end
      redis.call('SET', KEYS[7], redis.call('GET', KEYS[7]) or now, 'PX', math.ceil(ms))
    end`;

/** ARGV: nothing. A query has failed. */
export const queryFailedScript: Script = {
  name: 'reembedQueryFailed',
  lua: `${luaNow}${queriesFirst}
    queriesFirst(${afterFailureMs})`,
};

/** ARGV: id, lease, how many ms this request takes of the limits on requests, inputs and tokens, and 1 where it is a query. */
export const passScript: Script = {
  name: 'reembedPass',
  lua: `${luaNow}
${queriesFirst}
    local isQuery = ARGV[6] == '1'
    local function wait(why, ms)
      if isQuery then queriesFirst(ms + ${givesWayMs}) end
      return {why, ms}
    end
    local held = redis.call('PTTL', KEYS[1])
    if held > 0 then return wait('held', held) end
    local others = redis.call('PTTL', KEYS[7])
    if others > 0 and not isQuery then return {'gives-way', others} end
    redis.call('ZREMRANGEBYSCORE', KEYS[5], '-inf', now)
    local most = tonumber(redis.call('HGET', KEYS[6], 'requests'))
    if most then
      local raised = most * ${requestsRise.factor} ^ math.floor((now - tonumber(redis.call('HGET', KEYS[6], 'requestsAt'))) / ${requestsRise.everyMs})
      if redis.call('ZCARD', KEYS[5]) >= math.floor(raised) then return wait('full', ${lookMs}) end
    end
    local at = now
    for limit = 1, 3 do
      if tonumber(ARGV[limit + 2]) > 0 then
        at = math.max(at, (tonumber(redis.call('HGET', KEYS[4], limit)) or 0) - ${burstMs})
      end
    end
    if at - now > ${aheadMs} then return wait('later', math.floor(at - now - ${aheadMs / 2})) end
    if redis.call('EXISTS', KEYS[2]) == 1 and not redis.call('SET', KEYS[3], ARGV[1], 'PX', ${probeMs}, 'NX') then
      return wait('probed', ${lookMs})
    end
    for limit = 1, 3 do
      local takes = tonumber(ARGV[limit + 2])
      if takes > 0 then
        local due = math.max(at, tonumber(redis.call('HGET', KEYS[4], limit)) or 0)
        redis.call('HSET', KEYS[4], limit, string.format('%.3f', due + takes))
      end
    end
    redis.call('PEXPIRE', KEYS[4], 3600000)
    redis.call('ZADD', KEYS[5], now + tonumber(ARGV[2]), ARGV[1])
    redis.call('PEXPIRE', KEYS[5], 3600000)
    if at > now then wait('go', math.ceil(at - now)) end
    return {'go', math.ceil(at - now)}`,
};

/**
 * ARGV: id, 0, and how many ms this request would have taken of the limits: it was not sent, and others may have its place. What nobody takes is lost all
 * the same, since no moment lies in the past.
 */
export const returnScript: Script = {
  name: 'reembedReturn',
  lua: `
    redis.call('ZREM', KEYS[5], ARGV[1])
    if redis.call('GET', KEYS[3]) == ARGV[1] then redis.call('DEL', KEYS[3]) end
    for limit = 1, 3 do
      local due = tonumber(redis.call('HGET', KEYS[4], limit))
      if due then redis.call('HSET', KEYS[4], limit, string.format('%.3f', due - tonumber(ARGV[limit + 2]))) end
    end`,
};

/** ARGV: id, lease. */
export const renewScript: Script = {
  name: 'reembedRenew',
  lua: `${luaNow}
    redis.call('ZADD', KEYS[5], 'XX', now + tonumber(ARGV[2]), ARGV[1])`,
};

/** ARGV: id, and 1 where the server answered: then nothing is wrong any more. */
export const endScript: Script = {
  name: 'reembedEnd',
  lua: `
    redis.call('ZREM', KEYS[5], ARGV[1])
    if redis.call('GET', KEYS[3]) ~= ARGV[1] then return end
    if ARGV[2] == '1' then redis.call('DEL', KEYS[2], KEYS[3]) else redis.call('PEXPIRE', KEYS[3], 500) end`,
};

/**
 * ARGV: ms, why. Only ever later: a short hold does not shorten a long one. The pace stays: what was granted for after the hold is still sent in its
 * moment, and whoever began anew would send as much again beside it.
 */
export const holdScript: Script = {
  name: 'reembedHold',
  lua: `
    if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[1]) end
    redis.call('SET', KEYS[2], '1', 'PX', tonumber(ARGV[1]) + ${troubleMs})
    redis.call('DEL', KEYS[3])`,
};
