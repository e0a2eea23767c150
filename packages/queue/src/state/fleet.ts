import { randomUUID } from 'node:crypto';
import type { Fleet } from '@reembed/core';
import type { RedisConnections } from '../redis/connect-redis.ts';
import type { Keys } from '../redis/keys.ts';
import { answered, createScriptRunner, luaNow, type Script } from '../redis/requests.ts';

/** A worker's place in the count of live ones. */
export type Registration = { stop(): Promise<void> };

export type FleetWithRegister = Fleet & {
  /** Counts this worker as live, and goes on doing so until stopped; one that dies is counted for up to `ttlMs` (15 s) more. */
  register(worker: string, options?: { readonly ttlMs?: number }): Promise<Registration>;
};

const beatScript: Script = { name: 'reembedBeat', lua: `${luaNow} redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])` };

const countScript: Script = {
  name: 'reembedCountWorkers',
  lua: `${luaNow}
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
      // A beat may fail: the next one comes while the last still counts.
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
