import { randomUUID } from 'node:crypto';
import { startTestRedis } from '@reembed/testkit';
import { expect, it } from 'vitest';
import { createState } from '../create-state.ts';
import { connectRedis } from '../redis/connect-redis.ts';

// docs/scaling.md reckons with these.
const bytes = { bounds: 145, hash: 140 };
const ranges = 2_000;

it('a range takes as many bytes of Redis as is reckoned with, and a comparison as many more', async () => {
  await using server = await startTestRedis({ own: true });
  const redis = await connectRedis({ url: server.url });
  const { ranges: store } = createState({ redis, prefix: server.prefix });
  const used = async () => Number(/used_memory:(\d+)/.exec(await redis.requests.info('memory'))?.[1]);
  const ids = Array.from({ length: ranges + 1 }, () => ({ kind: 'uuid' as const, id: randomUUID() }));
  const each = async (work: (seq: number) => Promise<unknown>) => {
    const before = await used();
    for (let seq = 0; seq < ranges; seq++) await work(seq);
    return ((await used()) - before) / ranges;
  };
  await redis.requests.ping();
  const bounds = await each(async (seq) => {
    const [start, end] = [ids[seq] ?? null, ids[seq + 1] ?? null];
    await store.append('m', seq, [{ seq, start, end }], { cursor: end, done: seq === ranges - 1 });
  });
  const hashes = await each(async (seq) => {
    await store.claim('m', 1, seq, 'holder');
    await store.finish('m', 1, seq, 'holder', { points: 2_000, hash: 'a'.repeat(64) });
  });
  await redis.close();
  expect(bounds).toBeGreaterThan(bytes.bounds * 0.6);
  expect(bounds).toBeLessThan(bytes.bounds * 1.4);
  expect(hashes).toBeLessThan(bytes.hash * 1.4);
});
