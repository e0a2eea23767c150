import { systemClock } from '@reembed/process';
import { createMetrics } from '@reembed/process/metrics';
import { connectRedis, createState } from '@reembed/queue';
import { startTestRedis } from '@reembed/testkit';
import { type Logger, pino } from 'pino';
import { expect, it } from 'vitest';
import { countSearches } from './counted-searches.ts';
import { createSharedBudget } from './shared-budget.ts';

const never = new AbortController().signal;
const need = { inputs: 1, tokens: 1 };
const catalogue = { facts: () => null };

function logged() {
  const lines: string[] = [];
  return { lines, log: pino({}, { write: (line) => void lines.push(line) }) };
}

const sharedOver = (redisUrl: string | undefined, redisPrefix: string, log: Logger) =>
  createSharedBudget({ settings: { redisUrl, redisPrefix }, catalogue, clock: systemClock, log });

it('with a Redis, a hold of the fleet holds queries too, and is theirs as well', async () => {
  await using server = await startTestRedis();
  const redis = await connectRedis({ url: server.url });
  const fleet = createState({ redis, prefix: server.prefix });
  const { lines, log } = logged();
  const shared = await sharedOver(server.url, server.prefix, log);
  await shared.budget.coolDown('m', 60_000, 'too much');
  expect(await fleet.rateBudget.held('m')).toMatchObject({ why: 'too much' });
  await fleet.rateBudget.lift('m');
  await (await shared.budget.pass('m', need, never)).end(true);
  expect(lines.join()).toContain('queries go first');
  await shared.close();
  await redis.close();
});

it('without one, or while it is away, queries are asked as if alone, and that is said', async () => {
  const { lines, log } = logged();
  const alone = await sharedOver(undefined, 'x', log);
  await (await alone.budget.pass('m', need, never)).end(true);
  const away = await sharedOver('redis://127.0.0.1:1', 'x', log);
  await (await away.budget.pass('m', need, never)).end(true);
  await away.close();
  expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
    expect.stringContaining('REDIS_URL is not set'),
    expect.stringContaining('limits of providers are not shared for now'),
  ]);
});

it('a Redis that goes while it is used stops no query', async () => {
  const server = await startTestRedis();
  const { log } = logged();
  const shared = await sharedOver(server.url, server.prefix, log);
  const passage = await shared.budget.pass('m', need, never);
  await server[Symbol.asyncDispose]();
  await passage.end(true);
  await (await shared.budget.pass('m', need, never)).end(true);
  await shared.close();
});

it('what it finds of searches is with the fleet once it ends, at the latest', async () => {
  await using server = await startTestRedis();
  const { log } = logged();
  const shared = await sharedOver(server.url, server.prefix, log);
  const watch = countSearches(createMetrics('gateway'), shared.tally);
  for (const agreed of [1, 0])
    watch.shadowed({ migration: 'm1', agreedAt1: agreed, agreedAt10: 0.5, isEmpty: { old: false, new: true }, tookMs: { old: 2, new: 3 } });
  watch.split({ migration: 'm1', side: 'new', isEmpty: false, tookMs: 4 });
  await shared.close();
  const redis = await connectRedis({ url: server.url });
  expect(await createState({ redis, prefix: server.prefix }).searchTallies.load('m1')).toEqual({
    shadow: { old: { searches: 2, empty: 0, tookMs: 4 }, new: { searches: 2, empty: 2, tookMs: 6 }, agreedAt1: 1, agreedAt10: 1 },
    split: { old: { searches: 0, empty: 0, tookMs: 0 }, new: { searches: 1, empty: 0, tookMs: 4 } },
  });
  await redis.close();
});
