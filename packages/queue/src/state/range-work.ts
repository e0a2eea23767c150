import { type Listed, maxListed, type RangeDelta, type RangeRecord, type Ranges } from '@reembed/core';
import type { RedisConnections } from '../redis/connect-redis.ts';
import type { Keys } from '../redis/keys.ts';
import { createScriptRunner, type Script } from '../redis/requests.ts';
import { boundsOfText, optionalPointIdOfKey, pointIdKey } from './point-id-key.ts';

/**
 * KEYS: bounds, open, closed, passes, split. ARGV: pass, seq, holder. Answers bounds and the record as it was, or nil. The split carries the
 * highest pass that a range was claimed in.
 */
const claimScript: Script = {
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
const holderOnly = `
    local raw = redis.call('HGET', KEYS[1], ARGV[1])
    local record = raw and cjson.decode(raw)
    if not record or record.h ~= ARGV[2] then return false end`;

/** What a checkpoint adds. KEYS[2]: totals, KEYS[3]: spent, KEYS[4]: listed. ARGV[3] to ARGV[12]: what deltaArgs answers. */
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
    for _, finding in ipairs(cjson.decode(ARGV[7])) do
      if redis.call('LLEN', KEYS[4]) < ${maxListed} then redis.call('RPUSH', KEYS[4], finding[1] .. ' ' .. finding[2]) end
    end
    if ARGV[8] ~= '0' then redis.call('HINCRBY', KEYS[2], 'differing', ARGV[8]) end
    if ARGV[9] ~= '' then
      local latest = redis.call('HGET', KEYS[2], 'latestChange')
      if not latest or tonumber(ARGV[9]) > tonumber(latest) then redis.call('HSET', KEYS[2], 'latestChange', ARGV[9]) end
    end
    if ARGV[10] ~= '0' then redis.call('HINCRBY', KEYS[2], 'refused', ARGV[10]) end
    if ARGV[11] ~= '0' then redis.call('HINCRBY', KEYS[3], 'kept', ARGV[11]) end
    if ARGV[12] ~= '0' then redis.call('HINCRBY', KEYS[3], 'batchTokens', ARGV[12]) end`;

/** Points, texts, tokens, findings and listed as JSON, differing, the latest change or the empty text, how many were refused, kept, and the tokens by batch. */
function deltaArgs(delta: RangeDelta): (string | number)[] {
  const pairs = (findings: readonly Listed[] = []) => JSON.stringify(findings.map(({ kind, id }) => [kind, pointIdKey(id)]));
  return [
    delta.points,
    delta.texts ?? 0,
    delta.tokens ?? 0,
    pairs(delta.findings),
    pairs(delta.listed),
    delta.differing ?? 0,
    delta.latestChange ?? '',
    delta.refused ?? 0,
    delta.kept ?? 0,
    delta.batchTokens ?? 0,
  ];
}

/**
 * KEYS: open, totals, spent, listed. ARGV: seq, holder, the delta, next.
 * A holder that repeats a checkpoint because the reply got lost is told yes and nothing is added twice: `next` never stands still.
 */
const checkpointScript: Script = {
  name: 'reembedCheckpointRange',
  lua: `${holderOnly}
    if record.n == ARGV[13] then return 1 end
    ${addDelta}
    record.n, record.p, record.a = ARGV[13], record.p + tonumber(ARGV[3]), 0
    redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(record))
    return 1`,
};

/** KEYS: open, totals, spent, listed, closed, hashes. ARGV: seq, holder, the delta, hash. */
const finishScript: Script = {
  name: 'reembedFinishRange',
  lua: `${holderOnly}
    ${addDelta}
    redis.call('HINCRBY', KEYS[2], 'done', 1)
    redis.call('SETBIT', KEYS[5], ARGV[1], 1)
    if ARGV[13] ~= '' then redis.call('HSET', KEYS[6], ARGV[1], ARGV[13]) end
    redis.call('HDEL', KEYS[1], ARGV[1])
    return 1`,
};

/**
 * KEYS: open, totals, spent, listed, closed, split, bounds. ARGV: seq, holder, the delta, pass, how many parts are done, then the bounds
 * between the parts.
 */
const divideScript: Script = {
  name: 'reembedDivideRange',
  lua: `${holderOnly}
    if tonumber(redis.call('HGET', KEYS[6], 'claimedPass') or '0') > tonumber(ARGV[13]) then return 0 end
    local before = redis.call('HGET', KEYS[7], ARGV[1])
    if not before then return 0 end
    ${addDelta}
    local first, stop = string.match(before, '^(%S*) (%S*)$')
    local seq, nextSeq = ARGV[1], tonumber(redis.call('HGET', KEYS[6], 'nextSeq'))
    for i = 15, #ARGV + 1 do
      redis.call('HSET', KEYS[7], seq, first .. ' ' .. (ARGV[i] or stop))
      if i - 14 <= tonumber(ARGV[14]) then redis.call('SETBIT', KEYS[5], seq, 1) end
      first, seq, nextSeq = ARGV[i], nextSeq, nextSeq + 1
    end
    redis.call('HSET', KEYS[6], 'nextSeq', seq)
    redis.call('HINCRBY', KEYS[2], 'done', ARGV[14])
    redis.call('HDEL', KEYS[1], ARGV[1])
    return 1`,
};

/** KEYS: open. ARGV: seq, holder. */
const noteAttemptScript: Script = {
  name: 'reembedNoteAttempt',
  lua: `${holderOnly}
    record.a = record.a + 1
    redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(record))
    return record.a`,
};

/** KEYS: open, totals, failures, closed. ARGV: seq, holder, failure as JSON. What is closed and has an entry was given up. */
const giveUpScript: Script = {
  name: 'reembedGiveUpRange',
  lua: `${holderOnly}
    if redis.call('GETBIT', KEYS[4], ARGV[1]) == 1 then return 1 end
    redis.call('HINCRBY', KEYS[2], 'failed', 1)
    redis.call('SETBIT', KEYS[4], ARGV[1], 1)
    redis.call('RPUSH', KEYS[3], ARGV[3])
    redis.call('LTRIM', KEYS[3], -100, -1)
    return 1`,
};

/** KEYS: open, totals, failures, closed. */
const tryAgainScript: Script = {
  name: 'reembedTryRangesAgain',
  lua: `
    for _, seq in ipairs(redis.call('HKEYS', KEYS[1])) do
      if redis.call('GETBIT', KEYS[4], seq) == 1 then
        local record = cjson.decode(redis.call('HGET', KEYS[1], seq))
        record.a = 0
        redis.call('HSET', KEYS[1], seq, cjson.encode(record))
        redis.call('SETBIT', KEYS[4], seq, 0)
      end
    end
    redis.call('HDEL', KEYS[2], 'failed', 'fatal')
    redis.call('DEL', KEYS[3])`,
};

type RangeWork = Pick<Ranges, 'claim' | 'checkpoint' | 'finish' | 'divide' | 'noteAttempt' | 'giveUp' | 'tryAgain'>;

/**
 * Work on the ranges of a pass. A pass keeps an entry only for ranges in work or given up, and one bit for every range that is done or given up: a
 * hundred thousand untouched ranges cost nothing, as many finished ones 12.5 KB.
 */
export function createRangeWork({ requests }: RedisConnections, keys: Keys): RangeWork {
  const run = createScriptRunner(requests);
  return {
    async claim(id, pass, seq, holder) {
      const { open, closed } = keys.pass(id, pass);
      const reply = await run(claimScript, [keys.bounds(id), open, closed, keys.passes(id), keys.split(id)], [pass, seq, holder]);
      return Array.isArray(reply) ? rangeRecord(seq, String(reply[0]), String(reply[1])) : null;
    },
    async checkpoint(id, pass, seq, holder, next, delta) {
      const { open, totals, listed } = keys.pass(id, pass);
      const args = [seq, holder, ...deltaArgs(delta), pointIdKey(next)];
      return (await run(checkpointScript, [open, totals, keys.spent(id), listed], args)) === 1;
    },
    async finish(id, pass, seq, holder, delta) {
      const { open, totals, listed, closed, hashes } = keys.pass(id, pass);
      const args = [seq, holder, ...deltaArgs(delta), delta.hash ?? ''];
      return (await run(finishScript, [open, totals, keys.spent(id), listed, closed, hashes], args)) === 1;
    },
    async divide(id, pass, seq, holder, { bounds, done }, delta) {
      const { open, totals, listed, closed } = keys.pass(id, pass);
      const args = [seq, holder, ...deltaArgs(delta), pass, done, ...bounds.map(pointIdKey)];
      return (await run(divideScript, [open, totals, keys.spent(id), listed, closed, keys.split(id), keys.bounds(id)], args)) === 1;
    },
    async noteAttempt(id, pass, seq, holder) {
      return Number((await run(noteAttemptScript, [keys.pass(id, pass).open], [seq, holder])) ?? 0);
    },
    async giveUp(id, pass, seq, holder, error) {
      const { open, totals, failures, closed } = keys.pass(id, pass);
      return (await run(giveUpScript, [open, totals, failures, closed], [seq, holder, JSON.stringify({ seq, ...error })])) === 1;
    },
    async tryAgain(id, pass) {
      const { open, totals, failures, closed } = keys.pass(id, pass);
      await run(tryAgainScript, [open, totals, failures, closed], []);
    },
  };
}

function rangeRecord(seq: number, bounds: string, before: string): RangeRecord {
  const record: { n: string; p: number; a: number } = before === '' ? { n: '', p: 0, a: 0 } : JSON.parse(before);
  return {
    seq,
    ...boundsOfText(bounds),
    next: optionalPointIdOfKey(record.n),
    points: record.p,
    attempts: record.a,
    takenOver: before !== '',
  };
}
