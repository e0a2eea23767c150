import { findingKindSchema, findingKinds, type Range } from '@reembed/contracts';
import { type Listed, longestLookMs, type PassSummary, type RangeDelta, type RangeRecord, type Ranges } from '@reembed/core';
import type { RedisConnections } from '../connect-redis.ts';
import type { Keys } from '../keys.ts';
import { optionalPointIdKey, optionalPointIdOfKey, pointIdKey, pointIdOfKey } from '../point-id-key.ts';
import { answered } from '../redis-error.ts';
import { createScriptRunner } from '../script.ts';
import {
  appendScript,
  checkpointScript,
  claimScript,
  divideScript,
  finishScript,
  giveUpScript,
  noteAttemptScript,
  noteWorkScript,
  reportFatalScript,
} from './range-scripts.ts';

/**
 * Ranges of a migration. Bounds are one hash. A pass keeps an entry only for ranges in work, and one bit for every range that is done or
 * given up: a hundred thousand untouched ranges cost nothing, as many finished ones 12.5 KB.
 */
export function createRanges({ requests }: RedisConnections, keys: Keys): Ranges {
  const run = createScriptRunner(requests);
  return {
    async split(id) {
      return splitState(await answered(requests.hgetall(keys.split(id))));
    },
    async append(id, expectedSeq, ranges, { cursor, done }) {
      checkSequence(expectedSeq, ranges);
      const fields = ranges.flatMap((range) => [range.seq, boundsText(range)]);
      const args = [expectedSeq, expectedSeq + ranges.length, optionalPointIdKey(cursor), done ? 1 : 0, ...fields];
      return (await run(appendScript, [keys.split(id), keys.bounds(id)], args)) === 1;
    },
    async open(id, pass, from, limit) {
      const firstByte = Math.floor(from / 8);
      const [nextSeq, closed] = await Promise.all([
        answered(requests.hget(keys.split(id), 'nextSeq')),
        answered(requests.getrangeBuffer(keys.pass(id, pass).closed, firstByte, -1)),
      ]);
      return zeroBits(closed, firstByte * 8, { from, to: Number(nextSeq ?? 0), limit });
    },
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
      const failure = JSON.stringify({ seq, code: error.code, message: error.message });
      return (await run(giveUpScript, [open, totals, failures, closed], [seq, holder, failure])) === 1;
    },
    async reportFatal(id, pass, error) {
      const text = JSON.stringify({ code: error.code, message: error.message });
      await run(reportFatalScript, [keys.pass(id, pass).totals, keys.passes(id)], [pass, text]);
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
      const [texts, tokens] = await answered(requests.hmget(keys.spent(id), 'texts', 'tokens'));
      return { texts: Number(texts ?? 0), tokens: Number(tokens ?? 0) };
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
      await answered(requests.unlink(keys.bounds(id)));
      for (const pass of await answered(requests.smembers(keys.passes(id)))) {
        const { open, closed, hashes } = keys.pass(id, Number(pass));
        await answered(requests.unlink(open, closed, hashes));
      }
    },
  };
}

function splitState(fields: Readonly<Record<string, string>>) {
  return {
    nextSeq: Number(fields.nextSeq ?? 0),
    cursor: optionalPointIdOfKey(fields.cursor ?? ''),
    done: fields.done === '1',
  };
}

function checkSequence(expectedSeq: number, ranges: readonly Range[]): void {
  const stray = ranges.find((range, index) => range.seq !== expectedSeq + index);
  if (stray !== undefined) throw new Error(`range ${stray.seq} does not continue the split at ${expectedSeq}`);
}

function boundsText({ start, end }: Range): string {
  return `${optionalPointIdKey(start)} ${optionalPointIdKey(end)}`;
}

/** Positions of the first `limit` zero bits in [from, to). `bits` begins at bit `offset`; what lies past its end is zero. */
function zeroBits(bits: Uint8Array, offset: number, { from, to, limit }: { from: number; to: number; limit: number }): number[] {
  const found: number[] = [];
  for (let seq = from; seq < to && found.length < limit; seq++) {
    const byte = bits[(seq - offset) >> 3] ?? 0;
    // SETBIT counts from the most significant bit.
    if (((byte >> (7 - (seq & 7))) & 1) === 0) found.push(seq);
  }
  return found;
}

function rangeRecord(seq: number, bounds: string, before: string): RangeRecord {
  const [start = '', end = ''] = bounds.split(' ');
  const record: { n: string; p: number; a: number } = before === '' ? { n: '', p: 0, a: 0 } : JSON.parse(before);
  return {
    seq,
    start: optionalPointIdOfKey(start),
    end: optionalPointIdOfKey(end),
    next: optionalPointIdOfKey(record.n),
    points: record.p,
    attempts: record.a,
    takenOver: before !== '',
  };
}

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
  ];
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
