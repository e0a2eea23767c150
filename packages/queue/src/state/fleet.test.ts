import { startTestRedis, type TestRedis } from '@reembed/testkit';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { connectRedis, type RedisConnections } from '../connect-redis.ts';
import { createState } from '../create-state.ts';
import type { Moved } from './signals.ts';

let server: TestRedis;
let redis: RedisConnections;
beforeAll(async () => {
  server = await startTestRedis();
  redis = await connectRedis({ url: server.url });
});
afterAll(async () => {
  await redis.close();
  await server[Symbol.asyncDispose]();
});

it('counts live workers, and no longer those that left or fell silent', async () => {
  const { fleet } = createState({ redis, prefix: server.prefix });
  expect(await fleet.workers()).toBe(0);
  const one = await fleet.register('one');
  await fleet.register('two', { ttlMs: 60_000 });
  expect(await fleet.workers()).toBe(2);
  await one.stop();
  expect(await fleet.workers()).toBe(1);
  const brief = await fleet.register('brief', { ttlMs: 60 });
  expect(await fleet.workers()).toBe(2);
  await brief.stop();
  // A worker that was killed: its last beat stands, no other follows.
  await redis.requests.zadd(`${server.prefix}:workers`, Date.now() - 1, 'killed');
  expect(await fleet.workers()).toBe(1);
});

it('tells everyone who listens that a migration has moved, until they stop listening', async () => {
  const { signals } = createState({ redis, prefix: server.prefix });
  const heard: [string, Moved][] = [];
  const stops = await Promise.all(['a', 'b'].map((name) => signals.onMoved((moved) => heard.push([name, moved]))));
  const moved: Moved = { id: 'm1', phase: 'pausing', epoch: 2 };
  await signals.moved(moved);
  await vi.waitFor(() => expect(heard).toHaveLength(2), { timeout: 50_000 });
  expect(heard).toEqual([
    ['a', moved],
    ['b', moved],
  ]);
  await stops[0]?.();
  await signals.moved(moved);
  await vi.waitFor(() => expect(heard).toHaveLength(3), { timeout: 50_000 });
  expect(heard[2]?.[0]).toBe('b');
});
