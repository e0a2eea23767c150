import type { Ranges } from '@reembed/core';
import type { RedisConnections } from '../redis/connect-redis.ts';
import type { Keys } from '../redis/keys.ts';
import { answered } from '../redis/requests.ts';
import { pointIdKey, pointIdOfKey } from './point-id-key.ts';

const chunkMembers = 5_000;

/** The points that are filled first: a sorted set whose members are ordered as ids are, beside the empty text, by which none is told from unknown. */
export function createHotPoints({ requests }: RedisConnections, keys: Keys): Pick<Ranges, 'keepHot' | 'hotWithin'> {
  return {
    async keepHot(id, points) {
      const key = keys.hot(id);
      await answered(requests.unlink(key));
      const members = points.map(pointIdKey);
      for (let at = 0; at < members.length; at += chunkMembers)
        await answered(requests.zadd(key, ...members.slice(at, at + chunkMembers).flatMap((member) => [0, member])));
      // Last: a list that is cut short is not taken for whole.
      await answered(requests.zadd(key, 0, ''));
    },
    async hotWithin(id, { start, end }) {
      const key = keys.hot(id);
      const [known, members] = await Promise.all([
        answered(requests.zscore(key, '')),
        answered(requests.zrangebylex(key, start === null ? '(' : `[${pointIdKey(start)}`, end === null ? '+' : `(${pointIdKey(end)}`)),
      ]);
      return known === null ? null : members.map(pointIdOfKey);
    },
  };
}
