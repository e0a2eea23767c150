import { expect, it } from 'vitest';
import { createState } from '../create-state.ts';
import { openTestRedis } from '../test-redis.fixture.ts';

const { server, redis } = await openTestRedis();

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

it('counts coordinators apart from workers', async () => {
  const { fleet } = createState({ redis, prefix: `${server.prefix}-two` });
  const [one, two] = [await fleet.registerCoordinator('one'), await fleet.registerCoordinator('two')];
  await fleet.register('one');
  await one.stop();
  expect(await fleet.coordinators()).toBe(1);
  await two.stop();
  expect(await fleet.coordinators()).toBe(0);
});
