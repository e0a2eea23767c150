import { startTestRedis } from '@reembed/testkit';
import { expect, it } from 'vitest';
import { createState } from '../create-state.ts';
import { connectRedis } from '../redis/connect-redis.ts';
import { keysOf } from '../redis/keys.ts';

it('counts as work neither a rest nor what a clock jumped', async () => {
  await using server = await startTestRedis();
  const redis = await connectRedis({ url: server.url });
  const { ranges } = createState({ redis, prefix: server.prefix });
  const { totals } = keysOf(server.prefix).pass('m1', 1);
  for (const hours of [-1, 1]) {
    await redis.requests.hset(totals, 'notedAt', Date.now() + hours * 3_600_000);
    await ranges.noteWork('m1', 1);
    expect((await ranges.summary('m1', 1)).workedMs).toBe(2_000);
  }
  await ranges.forgetPasses('m1', 2, []);
  expect((await ranges.summary('m1', 1)).workedMs).toBe(0);
  await redis.close();
});
