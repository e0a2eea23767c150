import { readFileSync } from 'node:fs';
import { runStateContract, startTestRedis } from '@reembed/testkit';
import { Redis } from 'ioredis';
import { describe, expect, it, vi } from 'vitest';
import { createState } from './create-state.ts';
import { createRangeConsumers } from './jobs/range-consumers.ts';
import { createRangeQueue } from './jobs/range-queue.ts';
import { createStageConsumer, createStageQueue } from './jobs/stage-queue.ts';
import { connectRedis } from './redis/connect-redis.ts';

const page = readFileSync(new URL('../../../docs/how-to/least-rights.md', import.meta.url), 'utf8');

/** The rules that the page gives a fleet's user, for its prefix. */
function rulesFor(prefix: string): string[] {
  const [, rules = ''] = /^user reembed (.*)$/m.exec(page) ?? [];
  return rules
    .replaceAll('{reembed}', prefix)
    .split(' ')
    .filter((rule) => !rule.startsWith('#') && !rule.startsWith('>'));
}

/** A Redis of its own with the user of the page, and a connection as that user. */
async function openAsUser() {
  const server = await startTestRedis({ own: true });
  const admin = new Redis(server.url);
  await admin.call('ACL', 'SETUSER', 'reembed', ...rulesFor(server.prefix), '>a-password-of-some-length');
  const url = server.url.replace('redis://', 'redis://reembed:a-password-of-some-length@');
  const redis = await connectRedis({ url });
  return {
    ...{ redis, admin, url, prefix: server.prefix },
    async [Symbol.asyncDispose]() {
      await redis.close();
      admin.disconnect();
      await server[Symbol.asyncDispose]();
    },
  };
}

runStateContract('Redis, as a user with the least rights', async () => {
  const on = await openAsUser();
  const { redis, prefix } = on;
  return { ...createState({ redis, prefix, spreadMs: 20 }), [Symbol.asyncDispose]: () => on[Symbol.asyncDispose]() };
});

describe('a user with the least rights', () => {
  it('is enough for queues, workers and events', async () => {
    await using on = await openAsUser();
    const { redis, prefix } = on;
    const done: string[] = [];
    const stages = createStageQueue({ redis, prefix, lockDurationMs: 5_000, stalledIntervalMs: 1_000 });
    await stages.enqueue({ migrationId: 'm1', phaseNumber: 1 });
    const stage = createStageConsumer({
      ...{ redis, prefix, lockDurationMs: 5_000, stalledIntervalMs: 1_000 },
      handler: async ({ migrationId }) => {
        done.push(`stage of ${migrationId}`);
        return 'done' as const;
      },
    });
    const ranges = createRangeQueue({ redis, prefix });
    await ranges.announce('m1');
    await ranges.enqueue([{ migrationId: 'm1', pass: 1, seq: 0 }]);
    const consumers = await createRangeConsumers({
      ...{ redis, prefix, concurrency: 1, streamsOf: async () => 1 },
      handler: async ({ seq }) => {
        done.push(`range ${seq}`);
        return 'done' as const;
      },
    });
    await vi.waitFor(() => expect(done.toSorted()).toEqual(['range 0', 'stage of m1']), { timeout: 20_000 });
    await consumers.stop(5_000);
    await stage.stop(5_000);
    await ranges.remove('m1');
    expect(await on.admin.call('ACL', 'LOG')).toEqual([]);
  });

  it.each<[string, (redis: Redis, prefix: string) => Promise<unknown>]>([
    ['keys of others', (redis) => redis.get('of-others')],
    ['a script on keys of others', (redis) => redis.eval("return redis.call('GET', KEYS[1])", 1, 'of-others')],
    ['channels of others', (redis) => redis.publish('of-others', 'x')],
    ['emptying it', (redis) => redis.flushall()],
    ['its configuration', (redis) => redis.config('GET', '*')],
    ['names of all keys', (redis) => redis.keys('*')],
    ['its users', (redis) => redis.call('ACL', 'LIST')],
    ['another server to follow', (redis) => redis.call('REPLICAOF', '127.0.0.1', '1')],
    ['modules', (redis) => redis.call('MODULE', 'LIST')],
  ])('may not reach %s', async (_, ask) => {
    await using on = await openAsUser();
    await expect(ask(on.redis.requests, on.prefix)).rejects.toThrow(/NOPERM|No permissions|can't/i);
  });
});
