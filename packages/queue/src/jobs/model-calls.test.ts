import type { ModelCallJob } from '@reembed/contracts';
import { type ModelCallAnswer, ReembedError } from '@reembed/core';
import { expect, it, vi } from 'vitest';
import { createState } from '../create-state.ts';
import { noSeal } from '../redis/seal.ts';
import { openTestRedis } from '../test-redis.fixture.ts';
import { createModelCallConsumer, type ModelCallConsumerOptions } from './model-calls.ts';

const soon = { timeout: 50_000, interval: 5 };
const { server, redis } = await openTestRedis();
const state = createState({ redis, prefix: server.prefix });

const call = (callId: string): ModelCallJob => ({ callId, call: 'witness', model: 'hash/64', dimensions: null });
const answer: ModelCallAnswer = { call: 'witness', witness: { model: 'hash/64', dimensions: 64, vectors: ['AAAA'] } };
const serve = (handler: ModelCallConsumerOptions['handler']) =>
  createModelCallConsumer({ redis, prefix: server.prefix, seal: noSeal, handler });

it('answers a call once, however often it is asked, whatever its id looks like', async () => {
  let calls = 0;
  const consumer = serve(async () => {
    calls++;
    return answer;
  });
  expect(await state.modelCalls.result('m1:7:large')).toBeNull();
  await Promise.all([1, 2, 3].map(() => state.modelCalls.request(call('m1:7:large'))));
  await vi.waitFor(async () => expect(await state.modelCalls.result('m1:7:large')).toEqual({ ok: true, answer }), soon);
  await state.modelCalls.request(call('m1:7:large'));
  // A later call has been through the same queue, so a repetition of the first would have been served by now.
  await state.modelCalls.request(call('123'));
  await vi.waitFor(async () => expect(await state.modelCalls.result('123')).not.toBeNull(), soon);
  expect(calls).toBe(2);
  await consumer.stop(30_000);
});

it.each([
  ['an error of the catalogue', new ReembedError('provider-unauthorized', 'no key'), { code: 'provider-unauthorized', message: 'no key' }],
  ['a defect', new TypeError('x is undefined'), { code: 'internal', message: 'x is undefined' }],
])('answers with %s', async (_, error, expected) => {
  const consumer = serve(() => Promise.reject(error));
  const callId = `fails with ${expected.code}`;
  await state.modelCalls.request(call(callId));
  await vi.waitFor(async () => expect(await state.modelCalls.result(callId)).toEqual({ ok: false, ...expected }), soon);
  await consumer.stop(30_000);
});

it('asks again once the answer was forgotten', async () => {
  let calls = 0;
  const consumer = serve(async () => {
    calls++;
    return answer;
  });
  await state.modelCalls.request(call('again'));
  await vi.waitFor(async () => expect(await state.modelCalls.result('again')).not.toBeNull(), soon);
  await state.modelCalls.forget('again');
  // The first job may still be on its way out of the queue, and swallows a repetition until it is.
  await vi.waitFor(async () => {
    await state.modelCalls.request(call('again'));
    expect(await state.modelCalls.result('again')).not.toBeNull();
  }, soon);
  expect(calls).toBe(2);
  await consumer.stop(30_000);
});
