import { randomUUID } from 'node:crypto';
import type { Fleet } from '@reembed/core';
import type { RedisConnections } from '../connect-redis.ts';
import type { Keys } from '../keys.ts';
import { answered } from '../redis-error.ts';
import { createScriptRunner, type Script } from '../script.ts';

/** A worker's place in the count of live ones. */
export type Registration = { stop(): Promise<void> };

export type FleetWithRegister = Fleet & {
  /** Counts this worker as live, and goes on doing so until stopped; one that dies is counted for up to `ttlMs` (15 s) more. */
  register(worker: string, options?: { readonly ttlMs?: number }): Promise<Registration>;
};

/** Times are those of the Redis host, so that clocks of machines do not matter. */
const nowMs = `
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

const beatScript: Script = { name: 'reembedBeat', lua: `${nowMs} redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])` };

const countScript: Script = {
  name: 'reembedCountWorkers',
  lua: `${nowMs}
    redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. string.format('%d', now))
    return redis.call('ZCARD', KEYS[1])`,
};

export function createFleet({ requests }: RedisConnections, keys: Keys): FleetWithRegister {
  const run = createScriptRunner(requests);
  return {
    async id() {
      await answered(requests.set(keys.fleet, randomUUID(), 'NX'));
      const id = await answered(requests.get(keys.fleet));
      if (id === null) throw new Error('the fleet id vanished as it was read');
      return id;
    },
    async workers() {
      return Number(await run(countScript, [keys.workers]));
    },
    async register(worker, { ttlMs = 15_000 } = {}) {
      const beat = () => run(beatScript, [keys.workers], [worker, ttlMs]);
      await beat();
      // A beat that fails is no matter: the next one comes while the last still counts.
      const timer = setInterval(() => void beat().catch(() => {}), ttlMs / 3);
      timer.unref();
      return {
        async stop() {
          clearInterval(timer);
          await answered(requests.zrem(keys.workers, worker));
        },
      };
    },
  };
}
