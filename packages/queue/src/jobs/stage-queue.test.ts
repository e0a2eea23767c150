import { once } from 'node:events';
import { expect, it, vi } from 'vitest';
import { openTestRedis } from '../test-redis.fixture.ts';
import { createStageConsumer, createStageQueue } from './stage-queue.ts';

const soon = { timeout: 50_000, interval: 5 };
const { server, redis } = await openTestRedis();

const stageJobs = async () => {
  const keys = await redis.requests.keys(`${server.prefix}:bull:stages:m[0-9]*`);
  return keys.filter((key) => !key.endsWith(':lock'));
};

it('runs a stage step by step until it is done, and keeps nothing of it', async () => {
  const steps: number[] = [];
  const consumer = createStageConsumer({
    redis,
    prefix: server.prefix,
    handler: async ({ phaseNumber }) => {
      steps.push(phaseNumber);
      return steps.length < 4 ? { again: 10 } : 'done';
    },
  });
  const queue = createStageQueue({ redis, prefix: server.prefix });
  await queue.enqueue({ migrationId: 'm1', phaseNumber: 3 });
  await vi.waitFor(async () => expect([steps, await stageJobs()]).toEqual([[3, 3, 3, 3], []]), soon);
  expect(await consumer.stop(30_000)).toBe(true);
});

it('runs one stage once at a time, however often it is enqueued and however many coordinators there are', async () => {
  let running = 0;
  let most = 0;
  let steps = 0;
  const handler = async () => {
    most = Math.max(most, ++running);
    await redis.requests.ping();
    running--;
    return ++steps < 20 ? ({ again: 0 } as const) : 'done';
  };
  const consumers = [1, 2].map(() => createStageConsumer({ redis, prefix: server.prefix, handler }));
  const queue = createStageQueue({ redis, prefix: server.prefix });
  await Promise.all(Array.from({ length: 10 }, () => queue.enqueue({ migrationId: 'm2', phaseNumber: 1 })));
  await vi.waitFor(async () => expect([steps, await stageJobs()]).toEqual([20, []]), soon);
  expect(most).toBe(1);
  await Promise.all(consumers.map((consumer) => consumer.stop(30_000)));
});

it('leaves the stage to another coordinator when it stops in the middle', async () => {
  const holding = Promise.withResolvers<void>();
  const first = createStageConsumer({
    redis,
    prefix: server.prefix,
    lockDurationMs: 60_000,
    stalledIntervalMs: 60_000,
    handler: async (_, signal) => {
      holding.resolve();
      await once(signal, 'abort');
      throw signal.reason;
    },
  });
  await createStageQueue({ redis, prefix: server.prefix }).enqueue({ migrationId: 'm3', phaseNumber: 1 });
  await holding.promise;
  expect(await first.stop(30_000)).toBe(true);
  const taken = Promise.withResolvers<number>();
  const second = createStageConsumer({
    redis,
    prefix: server.prefix,
    handler: async ({ phaseNumber }) => {
      taken.resolve(phaseNumber);
      return 'done';
    },
  });
  expect(await taken.promise).toBe(1);
  await second.stop(30_000);
});

it('says when a stage is taken up at the latest that is held by nobody who lives', async () => {
  const [holding, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const consumer = createStageConsumer({
    redis,
    prefix: server.prefix,
    ...{ lockDurationMs: 60_000, stalledIntervalMs: 60_000 },
    handler: async () => {
      holding.resolve();
      await released.promise;
      return 'done';
    },
  });
  const queue = createStageQueue({ redis, prefix: server.prefix, lockDurationMs: 60_000, stalledIntervalMs: 5_000 });
  const job = { migrationId: 'm7', phaseNumber: 1 };
  expect(await queue.leftBehind(job)).toBeNull();
  await queue.enqueue(job);
  await holding.promise;
  expect(await queue.leftBehind(job)).toBeNull();
  // What a lock looks like that has not been renewed.
  await redis.requests.pexpire(`${server.prefix}:bull:stages:m7-1:lock`, 20_000);
  const leftMs = await queue.leftBehind(job);
  expect(leftMs).toBeGreaterThan(10_000);
  expect(leftMs).toBeLessThanOrEqual(30_000);
  released.resolve();
  await vi.waitFor(async () => expect(await stageJobs()).toEqual([]), soon);
  expect(await consumer.stop(30_000)).toBe(true);
});

it('wakes a job that a clock which was set back has put to sleep, and lets others sleep as long as they were to', async () => {
  const steps: string[] = [];
  const now = Date.now;
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + 3_600_000);
  const consumer = createStageConsumer({
    redis,
    prefix: server.prefix,
    stalledIntervalMs: 20,
    handler: async ({ migrationId }) => {
      steps.push(migrationId);
      return steps.length === 2 || migrationId === 'm6' ? 'done' : { again: 60_000 };
    },
  });
  const queue = createStageQueue({ redis, prefix: server.prefix });
  const sleeping = () => redis.requests.zcard(`${server.prefix}:bull:stages:delayed`);
  await queue.enqueue({ migrationId: 'm4', phaseNumber: 1 });
  await vi.waitFor(async () => expect(await sleeping()).toBe(1), soon);
  clock.mockRestore();
  await vi.waitFor(() => expect(steps).toEqual(['m4', 'm4']), soon);
  await queue.enqueue({ migrationId: 'm5', phaseNumber: 1 });
  await vi.waitFor(async () => expect(await sleeping()).toBe(1), soon);
  await queue.enqueue({ migrationId: 'm6', phaseNumber: 1 });
  await vi.waitFor(() => expect(steps.slice(2)).toEqual(['m5', 'm6']), soon);
  expect(await sleeping()).toBe(1);
  expect(await consumer.stop(30_000)).toBe(true);
});
