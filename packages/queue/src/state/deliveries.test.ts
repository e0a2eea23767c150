import type { HookDelivery } from '@reembed/contracts';
import { expect, it } from 'vitest';
import { keysOf } from '../redis/keys.ts';
import { openTestRedis } from '../test-redis.fixture.ts';
import { createDeliveries } from './deliveries.ts';

const { server, redis } = await openTestRedis();
const { prefix } = server;
const deliveries = createDeliveries({ redis, prefix });

const delivery = (id: string, state: HookDelivery['state'] = 'pending'): HookDelivery => ({
  ...{ id, hook: 'a', state, attempts: 0, lastAt: null, nextAt: null, answer: null },
  message: {
    ...{ event: 'ready', at: new Date(Number(id)).toISOString(), migration: 'm1', name: 'docs', phase: 'ready', phaseNumber: 1 },
    ...{ source: 'a', target: 'b', alias: null, says: 'ready' },
  },
});

it('a message is taken on once, and is tried by one process at a time', async () => {
  await deliveries.add(delivery('1'));
  await deliveries.save({ ...delivery('1'), attempts: 3 });
  await deliveries.add(delivery('1'));
  expect((await deliveries.load('1'))?.attempts).toBe(3);
  expect([await deliveries.claim('1', 10_000), await deliveries.claim('1', 10_000)]).toEqual([true, false]);
  await deliveries.unclaim('1');
  expect(await deliveries.claim('1', 10_000)).toBe(true);
});

it('one that cannot be read stops no other, and of those that are over the newest thousand are kept', async () => {
  await redis.requests.hset(keysOf(prefix).deliveries, 'broken', '{"id":', 'newer', '{"format":2}');
  for (let id = 0; id < 1_003; id++) await deliveries.add(delivery(String(id), id === 1 ? 'pending' : 'delivered'));
  await deliveries.prune();
  const ids = (await deliveries.list()).map(({ id }) => id);
  expect([ids.length, ids[0], ids.at(-1)]).toEqual([1_001, '1002', '1']);
});
