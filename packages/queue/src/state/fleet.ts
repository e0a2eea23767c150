import { randomUUID } from 'node:crypto';
import type { Fleet } from '@reembed/core';
import type { RedisConnections } from '../redis/connect-redis.ts';
import type { Keys } from '../redis/keys.ts';
import { answered, createScriptRunner, luaNow, type Script } from '../redis/requests.ts';

/** A process's place in the count of live ones. */
export type Registration = { stop(): Promise<void> };

export type FleetWithRegister = Fleet & {
  /** Counts this worker as live, and goes on doing so until stopped; one that dies is counted for up to `ttlMs` (15 s) more. */
  register(worker: string, options?: { readonly ttlMs?: number }): Promise<Registration>;
  coordinators(): Promise<number>;
  /** The same for a coordinator. */
  registerCoordinator(coordinator: string): Promise<Registration>;
};

const beatScript: Script = { name: 'reembedBeat', lua: `${luaNow} redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])` };

/** How long a worker may be silent over one computation, in ms. What it held is nobody's after that, until another worker finds it. */
const longestSilenceMs = 120_000;

/** ARGV: for how many ms one may have been silent past its last beat's time. */
const countScript: Script = {
  name: 'reembedCountWorkers',
  lua: `${luaNow}
    redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%d', now - ${longestSilenceMs}))
    return redis.call('ZCOUNT', KEYS[1], string.format('%d', now - ARGV[1]), '+inf')`,
};

/** Answers whether any worker lives, or was heard of so lately that it may be computing: only then does one hold the jobs that are active. */
export function createWorkersLately({ requests }: RedisConnections, keys: Keys): () => Promise<boolean> {
  const run = createScriptRunner(requests);
  return async () => Number(await run(countScript, [keys.workers], [longestSilenceMs])) > 0;
}

export function createFleet({ requests }: RedisConnections, keys: Keys): FleetWithRegister {
  const run = createScriptRunner(requests);
  const seen = new Set<string>();
  const count = async (key: string) => Number(await run(countScript, [key], [0]));
  const register = async (key: string, member: string, ttlMs: number) => {
    const beat = () => run(beatScript, [key], [member, ttlMs]);
    await beat();
    // A beat may fail: the next one comes while the last still counts.
    const timer = setInterval(() => void beat().catch(() => {}), ttlMs / 3);
    timer.unref();
    return {
      async stop() {
        clearInterval(timer);
        await answered(requests.zrem(key, member));
      },
    };
  };
  const id = async () => {
    await answered(requests.set(keys.fleet, randomUUID(), 'NX'));
    const id = await answered(requests.get(keys.fleet));
    if (id === null) throw new Error('the fleet id vanished as it was read');
    seen.add(id);
    return id;
  };
  return {
    id,
    isOurs: async (other) => seen.has(other) || (await id()) === other,
    workers: () => count(keys.workers),
    register: (worker, { ttlMs = 15_000 } = {}) => register(keys.workers, worker, ttlMs),
    coordinators: () => count(keys.coordinators),
    registerCoordinator: (coordinator) => register(keys.coordinators, coordinator, 15_000),
  };
}
