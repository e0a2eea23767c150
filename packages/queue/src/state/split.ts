import type { Range } from '@reembed/contracts';
import type { Ranges, SplitState } from '@reembed/core';
import type { RedisConnections } from '../redis/connect-redis.ts';
import type { Keys } from '../redis/keys.ts';
import { answered, createScriptRunner, type Script } from '../redis/requests.ts';
import { boundsText, optionalPointIdKey, optionalPointIdOfKey } from './point-id-key.ts';

/** KEYS: split, bounds. ARGV: expected seq, next seq, cursor, done, then seq and bounds by turns. */
const appendScript: Script = {
  name: 'reembedAppendRanges',
  lua: `
    local shed = redis.call('HDEL', KEYS[1], 'shed') == 1
    local nextSeq = shed and 0 or tonumber(redis.call('HGET', KEYS[1], 'nextSeq') or '0')
    if nextSeq ~= tonumber(ARGV[1]) then
      if shed then redis.call('HSET', KEYS[1], 'shed', '1') end
      return 0
    end
    for i = 5, #ARGV, 2 do redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
    redis.call('HSET', KEYS[1], 'nextSeq', ARGV[2], 'cursor', ARGV[3], 'done', ARGV[4])
    return 1`,
};

/** How the id space is cut into ranges: one hash of bounds a migration, by seq, and how far the cutting has come. */
export function createSplit({ requests }: RedisConnections, keys: Keys): Pick<Ranges, 'split' | 'append' | 'open'> {
  const run = createScriptRunner(requests);
  return {
    async split(id) {
      const fields = await answered(requests.hgetall(keys.split(id)));
      return splitState(fields.shed === '1' ? {} : fields);
    },
    async append(id, expectedSeq, ranges, { cursor, done }) {
      checkSequence(expectedSeq, ranges);
      const fields = ranges.flatMap((range) => [range.seq, boundsText(range)]);
      const args = [expectedSeq, expectedSeq + ranges.length, optionalPointIdKey(cursor), done ? 1 : 0, ...fields];
      return (await run(appendScript, [keys.split(id), keys.bounds(id)], args)) === 1;
    },
    async open(id, pass, from, limit) {
      const firstByte = Math.floor(from / 8);
      const [[nextSeq, shed], closed] = await Promise.all([
        answered(requests.hmget(keys.split(id), 'nextSeq', 'shed')),
        answered(requests.getrangeBuffer(keys.pass(id, pass).closed, firstByte, -1)),
      ]);
      return zeroBits(closed, firstByte * 8, { from, to: shed === '1' ? 0 : Number(nextSeq ?? 0), limit });
    },
  };
}

/** The split that its hash describes. */
export function splitState(fields: Readonly<Record<string, string>>): SplitState {
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
