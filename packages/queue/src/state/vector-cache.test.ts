import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { openTestRedis } from '../test-redis.fixture.ts';
import { createVectorCache } from './vector-cache.ts';

const { server, redis } = await openTestRedis();
const keyOf = (text: string) => createHash('sha256').update(text).digest('hex');
const vectorOf = (n: number, dimensions = 3) => new Float32Array(dimensions).fill(n / 7);
const entry = (n: number, dimensions?: number) => ({ key: keyOf(`${dimensions} ${n}`), vector: vectorOf(n, dimensions) });

const open = (name: string, maxBytes = 1_000_000) => createVectorCache({ redis, prefix: `${server.prefix}-${name}` }, maxBytes);

it('gives back to the bit what was kept, in the order that is asked for, and nothing else', async () => {
  const [one, other] = [open('kept'), open('kept')];
  await one.keep([entry(1), entry(2)]);
  const keys = [entry(2), entry(9), entry(1)].map(({ key }) => key);
  expect(await other.find(keys, 3)).toEqual([vectorOf(2), null, vectorOf(1)]);
  expect(await other.find(keys, 4)).toEqual([null, null, null]);
  expect(await other.find([], 3)).toEqual([]);
  await one.keep([]);
});

it('takes no more room than it has: what comes later takes the place of what was there, and is never taken for it', async () => {
  const cache = open('full', 10 * (32 + 12 + 100));
  const all = Array.from({ length: 200 }, (_, n) => entry(n));
  for (let at = 0; at < all.length; at += 20) await cache.keep(all.slice(at, at + 20));
  expect(await redis.requests.hlen(`${server.prefix}-full:vectors:3`)).toBeLessThanOrEqual(10);
  const found = await cache.find(
    all.map(({ key }) => key),
    3,
  );
  const kept = found.filter((vector) => vector !== null);
  expect(kept.length).toBeGreaterThan(0);
  expect(kept.length).toBeLessThanOrEqual(10);
  for (const [at, vector] of found.entries()) if (vector !== null) expect(vector).toEqual(all[at]?.vector);
});

it('knows nothing, and fails nothing, where what is there is not its own', async () => {
  const cache = open('spoilt');
  await cache.keep([entry(1)]);
  const hash = `${server.prefix}-spoilt:vectors:3`;
  const [place = ''] = await redis.requests.hkeys(hash);
  await redis.requests.hset(hash, place, 'spoilt');
  expect(await cache.find([entry(1).key], 3)).toEqual([null]);
  await redis.requests.del(hash);
  await redis.requests.set(hash, 'no hash');
  expect(await cache.find([entry(1).key], 3)).toEqual([null]);
  await cache.keep([entry(1)]);
});
