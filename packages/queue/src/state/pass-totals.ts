import { findingKindSchema, findingKinds } from '@reembed/contracts';
import { type Listed, longestLookMs, type PassSummary, type Ranges } from '@reembed/core';
import type { RedisConnections } from '../redis/connect-redis.ts';
import type { Keys } from '../redis/keys.ts';
import { answered, createScriptRunner, luaNow, type Script } from '../redis/requests.ts';
import { pointIdOfKey } from './point-id-key.ts';
import { splitState } from './split.ts';

/** KEYS: totals, passes. ARGV: pass, error as JSON. The first report stays. */
const reportFatalScript: Script = {
  name: 'reembedReportFatal',
  lua: `
    redis.call('HSETNX', KEYS[1], 'fatal', ARGV[2])
    redis.call('SADD', KEYS[2], ARGV[1])`,
};

/** KEYS: totals, passes. ARGV: pass, the longest time that counts. */
const noteWorkScript: Script = {
  name: 'reembedNoteWork',
  lua: `${luaNow}
    local before = tonumber(redis.call('HGET', KEYS[1], 'notedAt') or now)
    redis.call('SADD', KEYS[2], ARGV[1])
    redis.call('HSET', KEYS[1], 'notedAt', string.format('%d', now))
    redis.call('HINCRBY', KEYS[1], 'workedMs', string.format('%d', math.max(0, math.min(now - before, tonumber(ARGV[2])))))`,
};

/** KEYS: split, bounds, hot. How many ranges there were goes on being shown; where it goes on all the same, it is split anew. */
const shedScript: Script = {
  name: 'reembedShedRanges',
  lua: `
    if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], 'shed', '1') end
    redis.call('UNLINK', KEYS[2], KEYS[3])`,
};

type PassTotals = Pick<Ranges, 'reportFatal' | 'noteWork' | 'summary' | 'listed' | 'hashOf' | 'spent' | 'forgetPasses' | 'shed'>;

/** What a pass adds up to, over all its ranges, and when that is forgotten. */
export function createPassTotals({ requests }: RedisConnections, keys: Keys): PassTotals {
  const run = createScriptRunner(requests);
  return {
    async reportFatal(id, pass, error) {
      await run(reportFatalScript, [keys.pass(id, pass).totals, keys.passes(id)], [pass, JSON.stringify(error)]);
    },
    async noteWork(id, pass) {
      await run(noteWorkScript, [keys.pass(id, pass).totals, keys.passes(id)], [pass, longestLookMs]);
    },
    async summary(id, pass) {
      // The totals first: a range divided in between makes the total larger, and never the pass look as if it had ended.
      const [totals, split, failures] = await Promise.all([
        answered(requests.hgetall(keys.pass(id, pass).totals)),
        answered(requests.hgetall(keys.split(id))),
        answered(requests.lrange(keys.pass(id, pass).failures, 0, -1)),
      ]);
      return summaryOf(split, totals, failures);
    },
    async listed(id, pass, from, limit) {
      const texts = await answered(requests.lrange(keys.pass(id, pass).listed, from, from + limit - 1));
      return texts.map(listedOf);
    },
    async hashOf(id, pass, seq) {
      return answered(requests.hget(keys.pass(id, pass).hashes, String(seq)));
    },
    async spent(id) {
      const [texts, tokens, batchTokens, kept] = await answered(requests.hmget(keys.spent(id), 'texts', 'tokens', 'batchTokens', 'kept'));
      return { texts: Number(texts ?? 0), tokens: Number(tokens ?? 0), batchTokens: Number(batchTokens ?? 0), kept: Number(kept ?? 0) };
    },
    async forgetPasses(id, before, except) {
      for (const pass of await answered(requests.smembers(keys.passes(id)))) {
        if (Number(pass) >= before || except.includes(Number(pass))) continue;
        await answered(requests.unlink(...Object.values(keys.pass(id, Number(pass)))));
        // Last, so that a pass half forgotten is found again.
        await answered(requests.srem(keys.passes(id), pass));
      }
    },
    async shed(id) {
      // First: without bounds no range is claimed, and nothing comes back.
      await run(shedScript, [keys.split(id), keys.bounds(id), keys.hot(id)], []);
      for (const pass of await answered(requests.smembers(keys.passes(id)))) {
        const { open, closed, hashes } = keys.pass(id, Number(pass));
        await answered(requests.unlink(open, closed, hashes));
      }
    },
  };
}

function listedOf(text: string): Listed {
  const [kind, key = ''] = text.split(' ');
  return { kind: findingKindSchema.parse(kind), id: pointIdOfKey(key) };
}

function summaryOf(
  split: Readonly<Record<string, string>>,
  totals: Readonly<Record<string, string>>,
  failures: readonly string[],
): PassSummary {
  const count = (field: string) => Number(totals[field] ?? 0);
  const { nextSeq, done } = splitState(split);
  return {
    total: nextSeq,
    done: count('done'),
    failed: count('failed'),
    splitDone: done,
    points: count('points'),
    refused: count('refused'),
    workedMs: count('workedMs'),
    findings: findingKinds
      .filter((kind) => count(`found:${kind}`) > 0)
      .map((kind) => ({ kind, count: count(`found:${kind}`), ids: (totals[`ids:${kind}`] ?? '').split(' ').map(pointIdOfKey) })),
    differing: totals.differing ?? '0',
    latestChange: totals.latestChange === undefined ? null : Number(totals.latestChange),
    fatal: totals.fatal === undefined ? null : JSON.parse(totals.fatal),
    failures: failures.map((text) => JSON.parse(text)),
  };
}
