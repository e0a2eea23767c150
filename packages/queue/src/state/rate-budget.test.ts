import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { embedTexts, ReembedError } from '@reembed/core';
import { createFakeEmbedder, fakeVector } from '@reembed/testkit';
import { expect, it, vi } from 'vitest';
import { keysOf } from '../redis/keys.ts';
import { openTestRedis } from '../test-redis.fixture.ts';
import { createGatewayRegister } from './gateway-register.ts';
import { createRateBudget, type MinuteLimits } from './rate-budget.ts';

const { server, redis } = await openTestRedis();

const never = new AbortController().signal;
const noLimits: MinuteLimits = { requestsPerMinute: null, inputsPerMinute: null, tokensPerMinute: null };
const budget = (limits: Partial<MinuteLimits> = {}, spreadMs = 20) =>
  createRateBudget(redis, keysOf(server.prefix), { limitsOf: () => ({ ...noLimits, ...limits }), spreadMs, windowSeconds: 1 });

it('lets nobody pass who asks inside a hold, in any process', async () => {
  const passes: { asked: number; passed: number }[] = [];
  const fixture = fileURLToPath(new URL('./rate-budget.fixture.ts', import.meta.url));
  const processes = [1, 2].map(() => fork(fixture, [server.url, server.prefix, 'storm']));
  for (const child of processes) child.on('message', (pass: (typeof passes)[number]) => passes.push(pass));
  await vi.waitFor(() => expect(passes.length).toBeGreaterThan(50), { timeout: 50_000 });
  const windows: { from: number; to: number }[] = [];
  for (let round = 0; round < 3; round++) {
    const before = Date.now();
    await budget().coolDown('storm', 300, 'too much');
    windows.push({ from: Date.now(), to: before + 300 });
    await vi.waitFor(() => expect(passes.some(({ passed }) => passed > before + 350)).toBe(true), { timeout: 50_000 });
  }
  for (const child of processes) child.kill('SIGKILL');
  await Promise.all(processes.map((child) => child.exitCode ?? once(child, 'exit')));
  // Who had asked before the hold was there may hear a yes after it: nobody can call back an answer that is on its way.
  const early = passes.filter(({ asked, passed }) => windows.some(({ from, to }) => asked > from && passed < to));
  expect(early).toEqual([]);
});

it('spreads those who waited for the same hold', async () => {
  const spread = budget({}, 1_000);
  await spread.coolDown('spread', 50, 'too much');
  const times = await Promise.all(
    Array.from({ length: 30 }, async () => {
      const passage = await spread.pass('spread', { inputs: 1, tokens: 1 }, never);
      await passage.end(true);
      return performance.now();
    }),
  );
  expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(50);
});

it.each<[string, Partial<MinuteLimits>, { inputs: number; tokens: number }]>([
  ['requests', { requestsPerMinute: 5 }, { inputs: 1, tokens: 1 }],
  ['inputs', { inputsPerMinute: 50 }, { inputs: 10, tokens: 1 }],
  ['tokens', { tokensPerMinute: 500 }, { inputs: 1, tokens: 100 }],
])('keeps to the limit on %s, over all who ask', async (kind, limits, need) => {
  const model = `limit on ${kind}`;
  const began = performance.now();
  const asked = [budget(limits), budget(limits)].flatMap((one) => Array.from({ length: 6 }, () => one.pass(model, need, never)));
  let passed = 0;
  for (const pass of asked) void pass.then(() => passed++);
  await Promise.all(asked);
  expect(passed).toBe(12);
  // The twelfth of five a second is due after 2.2 s, less what may be caught up with.
  expect(performance.now() - began).toBeGreaterThan(1_750);
});

it('lets a request pass that alone needs more than a whole window', async () => {
  await budget({ tokensPerMinute: 10 }).pass('huge', { inputs: 1, tokens: 1_000 }, never);
});

it('lets one request go first after a hold, and the others once it is answered', async () => {
  await budget().coolDown('probe', 20, 'away');
  let passed = 0;
  const passing = Array.from({ length: 5 }, async () => {
    const passage = await budget().pass('probe', { inputs: 1, tokens: 1 }, never);
    passed += 1;
    return passage;
  });
  const first = await Promise.race(passing);
  await budget().fits('probe');
  expect(passed).toBe(1);
  await first.end(true);
  for (const other of await Promise.all(passing)) await other.end(true);
  expect(passed).toBe(5);
});

it('sends another to see where the first after a hold failed', async () => {
  await budget().coolDown('probe again', 20, 'away');
  const first = await budget().pass('probe again', { inputs: 1, tokens: 1 }, never);
  await first.end(false);
  const second = await budget().pass('probe again', { inputs: 1, tokens: 1 }, never);
  await second.end(true);
});

it('halves the requests at once where one of several gets no answer, and keeps to it', async () => {
  const ask = () => budget().pass('serial', { inputs: 1, tokens: 1 }, never);
  const underWay = await Promise.all(Array.from({ length: 6 }, ask));
  expect(await budget().crowded('serial')).toBe(true);
  await underWay[0]?.end(false);
  expect(await budget().fits('serial')).toEqual({ requests: 3 });
  const waits = new AbortController();
  const waiting = budget().pass('serial', { inputs: 1, tokens: 1 }, waits.signal);
  for (const passage of underWay.slice(1, 4)) await passage.end(true);
  const next = await waiting;
  for (const passage of [...underWay.slice(4), next]) await passage.end(true);
});

it('a server that takes one request after another, and answers none in time where many ask at once, is asked by fewer until all is embedded', async () => {
  const fake = createFakeEmbedder({ model: 'one by one' });
  let line: Promise<unknown> = Promise.resolve();
  let [waiting, lost] = [0, 0];
  const embed: typeof fake.embed = async (texts, request) => {
    const place = ++waiting;
    const before = line;
    const served = Promise.withResolvers<void>();
    line = served.promise;
    await before;
    await setTimeout(5);
    waiting -= 1;
    served.resolve();
    // Who is not among the first three has gone by then, and was served for nothing.
    if (place <= 3) return fake.embed(texts, request);
    lost += 1;
    throw new ReembedError('provider-timeout', 'no answer in time');
  };
  const clock = { now: () => new Date(), monotonicMs: () => performance.now(), sleep: async () => void (await setTimeout(5)) };
  const context = { embedder: { ...fake, embed }, dimensions: undefined, budget: budget(), clock, signal: never, maxTries: 50 };
  const pages = Array.from({ length: 12 }, (_, page) => [`page ${page}`, `more of ${page}`]);
  const embedded = await Promise.all(pages.map((texts) => embedTexts(context, texts)));
  expect(embedded.flatMap((page) => page.embedded)).toEqual(pages.flat().map((text) => ({ vector: Float32Array.from(fakeVector(text)) })));
  expect(lost).toBeGreaterThan(0);
  expect((await budget().fits('one by one')).requests).toBeLessThan(12);
});

it('does not call a request crowded that was alone', async () => {
  const alone = await budget().pass('alone', { inputs: 1, tokens: 1 }, never);
  expect(await budget().crowded('alone')).toBe(false);
  await alone.end(false);
  expect(await budget().fits('alone')).toEqual({});
});

it('keeps the least of what several workers learn at once, whoever comes last', async () => {
  await Promise.all([budget().learn('at once', { inputs: 4 }), budget().learn('at once', { inputs: 16, tokens: 900 })]);
  await budget().learn('at once', { inputs: 8 });
  expect(await budget().fits('at once')).toEqual({ inputs: 4, tokens: 900 });
  // What was learnt long ago has risen, and a new lesson counts.
  await redis.requests.hincrby(keysOf(server.prefix).provider('at once').fits, 'inputsAt', -600_000);
  await budget().learn('at once', { inputs: 8 });
  expect(await budget().fits('at once')).toMatchObject({ inputs: 8 });
});

it('gives another moment to a request whose process stood still through its own, so that not all leave at once', async () => {
  // One a second: the moment of the second lies far enough ahead that the process stands still before it, however slow the machine is.
  const slow = budget({ requestsPerMinute: 1 });
  const { pace } = keysOf(server.prefix).provider('late');
  const due = async () => Number(await redis.requests.hget(pace, '1'));
  const early = await slow.pass('late', { inputs: 1, tokens: 1 }, never);
  const before = await due();
  const late = slow.pass('late', { inputs: 1, tokens: 1 }, never);
  while ((await due()) <= before);
  for (const until = performance.now() + 2_500; performance.now() < until; );
  const after = Date.now();
  for (const passage of [early, await late]) await passage.end(true);
  expect(await due()).toBeGreaterThanOrEqual(after);
});

it('gives the place of a request that is not sent to others', async () => {
  const slow = budget({ requestsPerMinute: 1 });
  const { pace } = keysOf(server.prefix).provider('unsent');
  const due = async () => Number(await redis.requests.hget(pace, '1'));
  const first = await slow.pass('unsent', { inputs: 1, tokens: 1 }, never);
  const before = await due();
  const stop = new AbortController();
  const unsent = slow.pass('unsent', { inputs: 1, tokens: 1 }, stop.signal);
  await vi.waitFor(async () => expect(await due()).toBeGreaterThan(before));
  stop.abort(new Error('it is not sent'));
  await expect(unsent).rejects.toThrow('it is not sent');
  expect(await due()).toBeCloseTo(before, 0);
  await first.end(true);
});

it.each(['inputs', 'tokens'] as const)('forgets the %s that were learnt bit by bit, and within the hour', async (size) => {
  const { fits } = keysOf(server.prefix).provider(`rises ${size}`);
  const minutesPass = (minutes: number) => redis.requests.hincrby(fits, `${size}At`, -60_000 * minutes);
  await budget().learn(`rises ${size}`, { [size]: 16 });
  await minutesPass(2);
  expect(await budget().fits(`rises ${size}`)).toEqual({ [size]: 25 });
  // Told again, it rises half as fast.
  await budget().learn(`rises ${size}`, { [size]: 16 });
  await minutesPass(2);
  expect(await budget().fits(`rises ${size}`)).toEqual({ [size]: 20 });
  await minutesPass(120);
  expect(await budget().fits(`rises ${size}`)).toEqual({});
});

it('goes by what an older process learnt, which kept no rise', async () => {
  const { fits } = keysOf(server.prefix).provider('older');
  const [seconds] = await redis.requests.time();
  await redis.requests.hset(fits, { inputs: 16, inputsAt: Number(seconds) * 1_000 - 130_000 });
  expect(await budget().fits('older')).toEqual({ inputs: 25 });
});

it('keeps a migration to its share of a limit, and takes no more of the whole than what it sends', async () => {
  // A minute lasts a second here: a quarter of 40 requests is 10, so seven of them take six tenths of a second, less what may be caught up with.
  const one = budget({ requestsPerMinute: 40 });
  const model = 'shared by migrations';
  const began = performance.now();
  const share = { of: 'm1', part: 0.25 };
  for (let asked = 0; asked < 7; asked++) await (await one.pass(model, { inputs: 1, tokens: 1, share }, never)).end(true);
  expect(performance.now() - began).toBeGreaterThan(390);
  const due = async (lane: string) => Number(await redis.requests.hget(keysOf(server.prefix).provider(lane).pace, '1'));
  // Its own line is further ahead than that of all.
  expect(await due(`${model}@m1`)).toBeGreaterThan(await due(model));
});

it('keeps a quarter for queries while a gateway runs, of all migrations together that have no share of their own', async () => {
  const one = budget({ requestsPerMinute: 40 });
  const model = 'asked by a gateway too';
  const due = async (lane: string) => Number(await redis.requests.hget(keysOf(server.prefix).provider(lane).pace, '1'));
  const pass = async (need: object = {}) => (await one.pass(model, { inputs: 1, tokens: 1, ...need }, never)).end(true);
  await pass();
  expect(await due(`${model}@besides-queries`)).toBe(0);
  await createGatewayRegister(redis, keysOf(server.prefix)).announce();
  for (let asked = 0; asked < 4; asked++) await pass();
  expect(await due(`${model}@besides-queries`)).toBeGreaterThan(await due(model));
  // Who has a share of its own keeps it, and queries have all.
  const before = await due(`${model}@besides-queries`);
  await pass({ share: { of: 'm1', part: 1 } });
  await pass({ isQuery: true });
  expect(await due(`${model}@besides-queries`)).toBe(before);
  await redis.requests.del(keysOf(server.prefix).gateways);
});

it('has all others give way while a query waits, and a while after one has failed', async () => {
  const one = budget({ requestsPerMinute: 2 });
  const model = 'queries first';
  const order: string[] = [];
  const pass = async (name: string, isQuery: boolean) => {
    const passage = await one.pass(model, { inputs: 1, tokens: 1, isQuery }, never);
    order.push(name);
    await passage.end(true);
  };
  await pass('first', false);
  const query = pass('query', true);
  await vi.waitFor(async () => expect(await redis.requests.exists(keysOf(server.prefix).provider(model).queries)).toBe(1));
  await Promise.all([pass('migration', false), query]);
  expect(order).toEqual(['first', 'query', 'migration']);
  await (await one.pass(model, { inputs: 1, tokens: 1, isQuery: true }, never)).end(false);
  expect(await redis.requests.pttl(keysOf(server.prefix).provider(model).queries)).toBeGreaterThan(3_000);
  const gaveUp = one.pass(model, { inputs: 1, tokens: 1 }, AbortSignal.timeout(600));
  await expect(gaveUp).rejects.toMatchObject({ name: 'TimeoutError' });
  await (await one.pass(model, { inputs: 1, tokens: 1, isQuery: true }, never)).end(true);
});

it('says that queries go first once they have for ten seconds, and a word has others asked again', async () => {
  const { queries } = keysOf(server.prefix).provider('long queue');
  const [seconds] = await redis.requests.time();
  await redis.requests.set(queries, Number(seconds) * 1_000 - 2_000, 'PX', 5_000);
  expect(await budget().held('long queue')).toBeNull();
  await redis.requests.set(queries, Number(seconds) * 1_000 - 12_000, 'PX', 5_000);
  expect(await budget().held('long queue')).toMatchObject({ why: expect.stringContaining('go first') });
  await budget().lift('long queue');
  expect(await budget().held('long queue')).toBeNull();
});
