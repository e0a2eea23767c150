import type { Writers } from '@reembed/core';
import type { RedisConnections } from '../redis/connect-redis.ts';
import type { Keys } from '../redis/keys.ts';
import { createScriptRunner, type Script } from '../redis/requests.ts';

/**
 * The register is a hash: `state` (open, closed), `run` (which life of the Redis process it was made in), `shaken`, and a field for every
 * holder. A Redis that was restarted may have forgotten the last second before it died (AOF everysec), an entry of this register with
 * it; so a register that has seen two lives counts as lost.
 */
const thisRun = `string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')`;

const openScript: Script = {
  name: 'reembedOpenWriters',
  lua: `if redis.call('HSETNX', KEYS[1], 'state', 'open') == 1 then redis.call('HSET', KEYS[1], 'run', ${thisRun}) end`,
};

const enterScript: Script = {
  name: 'reembedEnterWriters',
  lua: `
    local state, run = unpack(redis.call('HMGET', KEYS[1], 'state', 'run'))
    if state ~= 'open' then return 0 end
    local now = ${thisRun}
    if run ~= now then redis.call('HSET', KEYS[1], 'run', now, 'shaken', '1') end
    redis.call('HSET', KEYS[1], 'holder:' .. ARGV[1], '1')
    return 1`,
};

/** Kept for a week after closing, so that a late writer meets a closed register. */
const closeScript: Script = {
  name: 'reembedCloseWriters',
  lua: `
    local state, run, shaken = unpack(redis.call('HMGET', KEYS[1], 'state', 'run', 'shaken'))
    if not state then return nil end
    redis.call('HSET', KEYS[1], 'state', 'closed')
    redis.call('EXPIRE', KEYS[1], 604800)
    if shaken or run ~= ${thisRun} then return nil end
    return redis.call('HLEN', KEYS[1]) - 2`,
};

/** Who may have a write under way behind a fence. */
export function createWriters({ requests }: RedisConnections, keys: Keys): Writers {
  const run = createScriptRunner(requests);
  return {
    async open(id, epoch) {
      await run(openScript, [keys.writers(id, epoch)]);
    },
    async enter(id, epoch, holder) {
      return (await run(enterScript, [keys.writers(id, epoch)], [holder])) === 1;
    },
    async leave(id, epoch, holder) {
      await run(leaveScript, [keys.writers(id, epoch)], [holder]);
    },
    async close(id, epoch) {
      const left = await run(closeScript, [keys.writers(id, epoch)]);
      return left === null ? null : Number(left);
    },
  };
}

const leaveScript: Script = { name: 'reembedLeaveWriters', lua: `redis.call('HDEL', KEYS[1], 'holder:' .. ARGV[1])` };
