import { expect, it } from 'vitest';
import { createState } from '../create-state.ts';
import { openTestRedis } from '../test-redis.fixture.ts';
import { createRangeLook } from './range-look.ts';

const { server, redis } = await openTestRedis();
const id = (text: string) => ({ kind: 'integer', id: text }) as const;

it('shows bounds, checkpoint and tries of a range, and takes it from nobody', async () => {
  const namespace = { redis, prefix: server.prefix };
  const { ranges } = createState(namespace);
  const look = createRangeLook(namespace);
  const job = { migrationId: 'look', pass: 1, seq: 0 };
  expect(await look(job)).toBeNull();
  await ranges.append('look', 0, [{ seq: 0, start: null, end: id('100') }], { cursor: id('100'), done: false });
  expect(await look(job)).toEqual({ start: null, end: id('100'), next: null, points: 0, attempts: 0 });
  await ranges.claim('look', 1, 0, 'holder');
  await ranges.checkpoint('look', 1, 0, 'holder', id('40'), { points: 39 });
  await ranges.noteAttempt('look', 1, 0, 'holder');
  expect(await look(job)).toEqual({ start: null, end: id('100'), next: id('40'), points: 39, attempts: 1 });
  expect(await ranges.finish('look', 1, 0, 'holder', { points: 1 })).toBe(true);
});
