import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';
import { keysOf } from '../redis/keys.ts';
import { openTestRedis } from '../test-redis.fixture.ts';
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
    await budget().coolDown('storm', 300);
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
  await spread.coolDown('spread', 50);
  const times = await Promise.all(
    Array.from({ length: 30 }, async () => {
      await spread.pass('spread', { inputs: 1, tokens: 1 }, never);
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
  // Twelve at five a second reach into the third second.
  expect(performance.now() - began).toBeGreaterThan(1_900);
});

it('lets a request pass that alone needs more than a whole window', async () => {
  await budget({ tokensPerMinute: 10 }).pass('huge', { inputs: 1, tokens: 1_000 }, never);
});

it('gives back what it took when a later limit refuses', async () => {
  const limits = { tokensPerMinute: 100, requestsPerMinute: 1 };
  await budget(limits).pass('back', { inputs: 1, tokens: 10 }, never);
  const stop = new AbortController();
  const waiting = budget(limits).pass('back', { inputs: 1, tokens: 60 }, stop.signal);
  const tokensKey = `${keysOf(server.prefix).budget}:tokens:back`;
  await vi.waitFor(async () => expect(Number(await redis.requests.get(tokensKey))).toBeLessThanOrEqual(10), { timeout: 50_000 });
  stop.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
});
