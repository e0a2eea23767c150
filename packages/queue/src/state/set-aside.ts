import type { SetAside, SetAsideEntry } from '@reembed/core';
import type { RedisConnections } from '../connect-redis.ts';
import type { Keys } from '../keys.ts';
import { pointIdKey } from '../point-id-key.ts';
import { answered } from '../redis-error.ts';
import { createScriptRunner, type Script } from '../script.ts';

/** KEYS: entries by point, points in scroll order. ARGV: point and entry by turns. */
const putScript: Script = {
  name: 'reembedSetAsidePut',
  lua: `
    for i = 1, #ARGV, 2 do
      redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
      redis.call('ZADD', KEYS[2], 0, ARGV[i])
    end`,
};

/** KEYS as above. ARGV: points. */
const removeScript: Script = {
  name: 'reembedSetAsideRemove',
  lua: `
    for i = 1, #ARGV do
      redis.call('HDEL', KEYS[1], ARGV[i])
      redis.call('ZREM', KEYS[2], ARGV[i])
    end`,
};

/** Points that could not be embedded: a hash by point, and their order for paging. */
export function createSetAside({ requests }: RedisConnections, keys: Keys): SetAside {
  const run = createScriptRunner(requests);
  const both = (id: string) => [keys.setAside(id), keys.setAsideOrder(id)];

  async function entriesOf(id: string, points: readonly string[]): Promise<SetAsideEntry[]> {
    if (points.length === 0) return [];
    const found = await answered(requests.hmget(keys.setAside(id), ...points));
    return found.flatMap((text) => (text === null ? [] : [JSON.parse(text)]));
  }

  return {
    async put(id, entries) {
      for (const chunk of chunks(entries)) {
        await run(
          putScript,
          both(id),
          chunk.flatMap((entry) => [pointIdKey(entry.id), JSON.stringify(entry)]),
        );
      }
    },
    async remove(id, points) {
      for (const chunk of chunks(points)) await run(removeScript, both(id), chunk.map(pointIdKey));
    },
    async count(id) {
      return answered(requests.hlen(keys.setAside(id)));
    },
    async page(id, cursor, limit) {
      const from = cursor === null ? '-' : `(${cursor}`;
      const points = await answered(requests.zrangebylex(keys.setAsideOrder(id), from, '+', 'LIMIT', 0, limit));
      const last = points.length < limit ? null : (points.at(-1) ?? null);
      return { entries: await entriesOf(id, points), next: last };
    },
    async among(id, points) {
      return entriesOf(id, points.map(pointIdKey));
    },
  };
}

/** Lua's stack bounds how much one call may carry. */
function chunks<T>(items: readonly T[]): T[][] {
  const size = 500;
  return Array.from({ length: Math.ceil(items.length / size) }, (_, n) => items.slice(n * size, (n + 1) * size));
}
