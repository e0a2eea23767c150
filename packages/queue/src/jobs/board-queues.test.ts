import { startTestRedis } from '@reembed/testkit';
import { expect, it, vi } from 'vitest';
import { connectRedis } from '../redis/connect-redis.ts';
import { followBoardQueues } from './board-queues.ts';
import { createRangeQueue } from './range-queue.ts';

it('shows the fixed queues, then those of migrations as they come and go, and brings none back', async () => {
  await using server = await startTestRedis();
  const redis = await connectRedis({ url: server.url });
  const queue = createRangeQueue({ redis, prefix: server.prefix });
  await queue.announce('early');
  const seen: string[] = [];
  const board = await followBoardQueues({
    redis,
    prefix: server.prefix,
    onQueue: async (change, { title, queue }) => void seen.push(`${change} ${title} ${queue.name}`),
  });
  await queue.announce('late');
  await vi.waitFor(() => expect(seen).toHaveLength(5), { timeout: 50_000 });
  await queue.remove('early');
  await vi.waitFor(() => expect(seen).toHaveLength(6), { timeout: 50_000 });
  expect(seen).toEqual([
    'added stages stages',
    'added model calls model-calls',
    'added dead letters dead-letters',
    'added early ranges-early',
    'added late ranges-late',
    'removed early ranges-early',
  ]);
  expect(await redis.requests.keys(`${server.prefix}:bull:ranges-early*`)).toEqual([]);
  await board.stop();
  await redis.close();
});
