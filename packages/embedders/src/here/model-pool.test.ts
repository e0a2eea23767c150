import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { BroadcastChannel } from 'node:worker_threads';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createModelPool, type ModelPool } from './model-pool.ts';

let pool: ModelPool;
let channel: BroadcastChannel;
let heard: unknown[];

beforeEach(() => {
  const workerData = randomUUID();
  channel = new BroadcastChannel(workerData);
  heard = [];
  channel.addEventListener('message', (event) => heard.push((event as MessageEvent).data));
  pool = createModelPool({ size: 1, entry: new URL('./serve-runs.fixture.ts', import.meta.url), workerData });
});
afterEach(async () => {
  await pool.close();
  channel.close();
});

/** Resolves once the threads have said so many things. */
async function hears(count: number): Promise<void> {
  while (heard.length < count) await once(channel, 'message');
}

const letEnd = () => channel.postMessage('end');

it('runs one after another', async () => {
  const runs = Promise.all([pool.run([[1]]), pool.run([[2]])]);
  await hears(1);
  letEnd();
  await hears(3);
  expect(heard).toEqual(['begun', 'ended', 'begun']);
  letEnd();
  expect(await runs).toEqual([Float32Array.of(1), Float32Array.of(1)]);
});

it('gives back at once what is closed, but never ends a thread in the middle of a run, nor begins another', async () => {
  const runs = Promise.allSettled([pool.run([[1]]), pool.run([[2]])]);
  await hears(1);
  const closing = pool.close();
  expect(await runs).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
  expect(heard).toEqual(['begun']);
  letEnd();
  await Promise.all([hears(2), closing]);
  expect(heard).toEqual(['begun', 'ended']);
});

it('begins nothing more in a thread in which a run failed, and tells all that waited for it why', async () => {
  const runs = Promise.allSettled([pool.run([[0]]), pool.run([[2]])]);
  await hears(1);
  letEnd();
  expect(await runs).toEqual([1, 2].map(() => ({ status: 'rejected', reason: expect.objectContaining({ message: 'this one fails' }) })));
  await hears(2);
  expect(heard).toEqual(['begun', 'ended']);
});
