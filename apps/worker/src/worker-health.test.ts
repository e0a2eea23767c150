import { ReembedError } from '@reembed/core';
import { createFakeClock } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { createWorkerHealth } from './worker-health.ts';

function start() {
  const clock = createFakeClock();
  const world = { waiting: 0, redis: true };
  const worker = createWorkerHealth({
    clock,
    askRedis: async () => {
      if (!world.redis) throw new ReembedError('redis-unreachable', 'at redis://secret');
    },
    waiting: async () => world.waiting,
  });
  return { clock, world, worker, faults: () => worker.health() };
}

const hourMs = 3_600_000;

describe('a worker', () => {
  it('is well with nothing to do, however long', async () => {
    const { clock, faults } = start();
    clock.advance(hourMs);
    expect(await faults()).toEqual([]);
  });

  it('is not where Redis does not answer, and is again once it does', async () => {
    const { world, faults } = start();
    world.redis = false;
    expect(await faults()).toEqual(['Redis does not answer']);
    world.redis = true;
    expect(await faults()).toEqual([]);
  });

  it('is not where work in hand gives no sign for longer than a request may take', async () => {
    const { clock, worker, faults } = start();
    worker.begins();
    clock.advance(599_000);
    expect(await faults()).toEqual([]);
    clock.advance(2_000);
    expect(await faults()).toEqual(['1 range jobs in hand have stood still for 10 m 1 s']);
    worker.sign();
    expect(await faults()).toEqual([]);
    clock.advance(hourMs);
    worker.ended();
    expect(await faults()).toEqual([]);
  });

  it('is where a budget or a throttle holds its work back', async () => {
    const { clock, worker, faults } = start();
    worker.begins();
    const release = Promise.withResolvers<void>();
    const waits = worker.heldBack(() => release.promise);
    clock.advance(hourMs);
    expect(await faults()).toEqual([]);
    release.resolve();
    await waits;
    expect(await faults()).toEqual([]);
    clock.advance(hourMs);
    expect(await faults()).toHaveLength(1);
  });

  it('is not where jobs wait and it takes none; one that takes its turn is', async () => {
    const { clock, world, worker, faults } = start();
    world.waiting = 5;
    expect(await faults()).toEqual([]);
    clock.advance(119_000);
    expect(await faults()).toEqual([]);
    clock.advance(2_000);
    expect(await faults()).toEqual(['range jobs have been waiting for 2 m 1 s, and this worker takes none']);
    worker.begins();
    expect(await faults()).toEqual([]);
    worker.ended();
    expect(await faults()).toEqual([]);
  });
});
