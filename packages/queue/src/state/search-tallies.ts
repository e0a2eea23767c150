import { flatTally, tallyOf } from '@reembed/contracts';
import type { SearchTallies } from '@reembed/core';
import type { RedisConnections } from '../redis/connect-redis.ts';
import type { Keys } from '../redis/keys.ts';
import { answered } from '../redis/requests.ts';

/** Nobody asks what a gateway found so long ago, in seconds. */
const keptSeconds = 90 * 86_400;

/** A hash of sums, by migration. */
export function createSearchTallies({ requests }: Pick<RedisConnections, 'requests'>, keys: Keys): SearchTallies {
  return {
    async add(id, found) {
      const key = keys.searches(id);
      const told = Object.entries(flatTally(found)).filter(([, value]) => value !== 0);
      await Promise.all([...told.map(([field, value]) => answered(requests.hincrbyfloat(key, field, value)))]);
      await answered(requests.expire(key, keptSeconds));
    },
    async load(id) {
      const flat = await answered(requests.hgetall(keys.searches(id)));
      return Object.keys(flat).length === 0 ? null : tallyOf(flat);
    },
    forget: async (id) => void (await answered(requests.del(keys.searches(id)))),
  };
}
