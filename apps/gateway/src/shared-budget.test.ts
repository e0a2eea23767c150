import { systemClock } from '@reembed/process';
import { connectRedis, createState } from '@reembed/queue';
import { startTestRedis } from '@reembed/testkit';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { createSharedBudget } from './shared-budget.ts';

const never = new AbortController().signal;
const need = { inputs: 1, tokens: 1 };
const catalogue = { facts: () => null };

function logged() {
  const lines: string[] = [];
  return { lines, log: pino({}, { write: (line) => void lines.push(line) }) };
}

it('with a Redis, a hold of the fleet holds queries too, and is theirs as well', async () => {
  await using server = await startTestRedis();
  const redis = await connectRedis({ url: server.url });
  const fleet = createState({ redis, prefix: server.prefix });
  const { lines, log } = logged();
  const shared = await createSharedBudget({
    settings: { redisUrl: server.url, redisPrefix: server.prefix },
    catalogue,
    clock: systemClock,
    log,
  });
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
  const alone = await createSharedBudget({ settings: { redisUrl: undefined, redisPrefix: 'x' }, catalogue, clock: systemClock, log });
  await (await alone.budget.pass('m', need, never)).end(true);
  const away = await createSharedBudget({
    settings: { redisUrl: 'redis://127.0.0.1:1', redisPrefix: 'x' },
    catalogue,
    clock: systemClock,
    log,
  });
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
  const shared = await createSharedBudget({
    settings: { redisUrl: server.url, redisPrefix: server.prefix },
    catalogue,
    clock: systemClock,
    log,
  });
  const passage = await shared.budget.pass('m', need, never);
  await server[Symbol.asyncDispose]();
  await passage.end(true);
  await (await shared.budget.pass('m', need, never)).end(true);
  await shared.close();
});
