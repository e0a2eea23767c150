import type { Script } from '../script.ts';

/** KEYS: split, bounds. ARGV: expected seq, next seq, cursor, done, then seq and bounds by turns. */
export const appendScript: Script = {
  name: 'reembedAppendRanges',
  lua: `
    if tonumber(redis.call('HGET', KEYS[1], 'nextSeq') or '0') ~= tonumber(ARGV[1]) then return 0 end
    for i = 5, #ARGV, 2 do redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
    redis.call('HSET', KEYS[1], 'nextSeq', ARGV[2], 'cursor', ARGV[3], 'done', ARGV[4])
    return 1`,
};

/**
 * KEYS: bounds, open, closed, passes, split. ARGV: pass, seq, holder. Answers bounds and the record as it was, or nil. The split carries the
 * highest pass that a range was claimed in.
 */
export const claimScript: Script = {
  name: 'reembedClaimRange',
  lua: `
    local bounds = redis.call('HGET', KEYS[1], ARGV[2])
    if not bounds or redis.call('GETBIT', KEYS[3], ARGV[2]) == 1 then return nil end
    local before = redis.call('HGET', KEYS[2], ARGV[2])
    local record = before and cjson.decode(before) or {n = '', p = 0, a = 0}
    record.h = ARGV[3]
    redis.call('HSET', KEYS[2], ARGV[2], cjson.encode(record))
    redis.call('SADD', KEYS[4], ARGV[1])
    if tonumber(ARGV[1]) > tonumber(redis.call('HGET', KEYS[5], 'claimedPass') or '0') then
      redis.call('HSET', KEYS[5], 'claimedPass', ARGV[1])
    end
    return {bounds, before or ''}`,
};

/** The head of every script that only the holder may run. KEYS[1]: open. ARGV: seq, holder. */
const mine = `
    local raw = redis.call('HGET', KEYS[1], ARGV[1])
    local record = raw and cjson.decode(raw)
    if not record or record.h ~= ARGV[2] then return false end`;

/** What a checkpoint adds. KEYS[2]: totals, KEYS[3]: spent, KEYS[4]: listed. ARGV[3..5]: points, texts, tokens; ARGV[6], ARGV[7]: findings and listed as JSON; ARGV[8]: differing; ARGV[9]: latest change or empty. */
const addDelta = `
    redis.call('HINCRBY', KEYS[2], 'points', ARGV[3])
    if ARGV[4] ~= '0' then redis.call('HINCRBY', KEYS[3], 'texts', ARGV[4]) end
    if ARGV[5] ~= '0' then redis.call('HINCRBY', KEYS[3], 'tokens', ARGV[5]) end
    for _, finding in ipairs(cjson.decode(ARGV[6])) do
      if redis.call('HINCRBY', KEYS[2], 'found:' .. finding[1], 1) <= 100 then
        local ids = redis.call('HGET', KEYS[2], 'ids:' .. finding[1])
        redis.call('HSET', KEYS[2], 'ids:' .. finding[1], ids and (ids .. ' ' .. finding[2]) or finding[2])
      end
    end
    for _, finding in ipairs(cjson.decode(ARGV[7])) do redis.call('RPUSH', KEYS[4], finding[1] .. ' ' .. finding[2]) end
    if ARGV[8] ~= '0' then redis.call('HINCRBY', KEYS[2], 'differing', ARGV[8]) end
    if ARGV[9] ~= '' then
      local latest = redis.call('HGET', KEYS[2], 'latestChange')
      if not latest or tonumber(ARGV[9]) > tonumber(latest) then redis.call('HSET', KEYS[2], 'latestChange', ARGV[9]) end
    end`;

/**
 * KEYS: open, totals, spent, listed. ARGV: seq, holder, points, texts, tokens, findings, listed, differing, latest change, next.
 * A holder that repeats a checkpoint because the reply got lost is told yes and nothing is added twice: `next` never stands still.
 */
export const checkpointScript: Script = {
  name: 'reembedCheckpointRange',
  lua: `${mine}
    if record.n == ARGV[10] then return 1 end
    ${addDelta}
    record.n, record.p, record.a = ARGV[10], record.p + tonumber(ARGV[3]), 0
    redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(record))
    return 1`,
};

/** KEYS: open, totals, spent, listed, closed, hashes. ARGV: seq, holder, points, texts, tokens, findings, listed, differing, latest change, hash. */
export const finishScript: Script = {
  name: 'reembedFinishRange',
  lua: `${mine}
    ${addDelta}
    redis.call('HINCRBY', KEYS[2], 'done', 1)
    redis.call('SETBIT', KEYS[5], ARGV[1], 1)
    if ARGV[10] ~= '' then redis.call('HSET', KEYS[6], ARGV[1], ARGV[10]) end
    redis.call('HDEL', KEYS[1], ARGV[1])
    return 1`,
};

/**
 * KEYS: open, totals, spent, listed, closed, split, bounds. ARGV: seq, holder, points, texts, tokens, findings, listed, differing, latest change,
 * pass, how many parts are done, then the bounds between the parts.
 */
export const divideScript: Script = {
  name: 'reembedDivideRange',
  lua: `${mine}
    if tonumber(redis.call('HGET', KEYS[6], 'claimedPass') or '0') > tonumber(ARGV[10]) then return 0 end
    local before = redis.call('HGET', KEYS[7], ARGV[1])
    if not before then return 0 end
    ${addDelta}
    local first, stop = string.match(before, '^(%S*) (%S*)$')
    local seq, nextSeq = ARGV[1], tonumber(redis.call('HGET', KEYS[6], 'nextSeq'))
    for i = 12, #ARGV + 1 do
      redis.call('HSET', KEYS[7], seq, first .. ' ' .. (ARGV[i] or stop))
      if i - 11 <= tonumber(ARGV[11]) then redis.call('SETBIT', KEYS[5], seq, 1) end
      first, seq, nextSeq = ARGV[i], nextSeq, nextSeq + 1
    end
    redis.call('HSET', KEYS[6], 'nextSeq', seq)
    redis.call('HINCRBY', KEYS[2], 'done', ARGV[11])
    redis.call('HDEL', KEYS[1], ARGV[1])
    return 1`,
};

/** KEYS: open. ARGV: seq, holder. */
export const noteAttemptScript: Script = {
  name: 'reembedNoteAttempt',
  lua: `${mine}
    record.a = record.a + 1
    redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(record))
    return record.a`,
};

/** KEYS: open, totals, failures, closed. ARGV: seq, holder, failure as JSON. */
export const giveUpScript: Script = {
  name: 'reembedGiveUpRange',
  lua: `${mine}
    redis.call('HINCRBY', KEYS[2], 'failed', 1)
    redis.call('SETBIT', KEYS[4], ARGV[1], 1)
    redis.call('HDEL', KEYS[1], ARGV[1])
    redis.call('RPUSH', KEYS[3], ARGV[3])
    redis.call('LTRIM', KEYS[3], -100, -1)
    return 1`,
};

/** KEYS: totals, passes. ARGV: pass, error as JSON. The first report stays. */
export const reportFatalScript: Script = {
  name: 'reembedReportFatal',
  lua: `
    redis.call('HSETNX', KEYS[1], 'fatal', ARGV[2])
    redis.call('SADD', KEYS[2], ARGV[1])`,
};

/** KEYS: totals, passes. ARGV: pass, the longest time that counts. Times are those of the Redis host. */
export const noteWorkScript: Script = {
  name: 'reembedNoteWork',
  lua: `
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    local before = tonumber(redis.call('HGET', KEYS[1], 'notedAt') or now)
    redis.call('SADD', KEYS[2], ARGV[1])
    redis.call('HSET', KEYS[1], 'notedAt', string.format('%d', now))
    redis.call('HINCRBY', KEYS[1], 'workedMs', string.format('%d', math.max(0, math.min(now - before, tonumber(ARGV[2])))))`,
};
