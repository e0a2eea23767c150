import { randomBytes } from 'node:crypto';
import type { EmbedCall } from '@reembed/contracts';
import type { ModelCallAnswer } from '@reembed/core';
import { buildGates } from '@reembed/testkit';
import { expect, it, vi } from 'vitest';
import { createState } from '../create-state.ts';
import { keysOf } from '../redis/keys.ts';
import { createSeal, noSeal, type Seal } from '../redis/seal.ts';
import { createVectorCache } from '../state/vector-cache.ts';
import { openTestRedis } from '../test-redis.fixture.ts';
import { createDeadLetters } from './dead-letters.ts';
import { createModelCallConsumer } from './model-calls.ts';

const soon = { timeout: 50_000, interval: 5 };
const { server, redis } = await openTestRedis();
const { prefix } = server;
const [key, another] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')];

const planted = 'the planted text of a payload';
const vector = Buffer.from(new Float32Array([0.1, 0.2, 0.3]).buffer).toString('base64');
const call = (callId: string): EmbedCall => ({
  ...{ callId, call: 'embed', model: 'hash/3', dimensions: null, kind: 'document', onLongText: 'truncate' },
  texts: [planted],
});
const answer: ModelCallAnswer = { call: 'embed', embedded: [{ vector }] };
const stateOf = (seal: Seal) => createState({ redis, prefix, seal });
const serve = (seal: Seal, texts: string[] = []) =>
  createModelCallConsumer({
    ...{ redis, prefix, seal },
    handler: async (job) => {
      if (job.call === 'embed') texts.push(...job.texts);
      return answer;
    },
  });

/** All that Redis has, as text: every key of every type, BullMQ's among them. */
async function everything(): Promise<string> {
  const { requests } = redis;
  const keys = await requests.keys(`${prefix}*`);
  const readers: Record<string, (key: string) => Promise<unknown>> = {
    string: (name) => requests.get(name),
    hash: (name) => requests.hgetall(name),
    list: (name) => requests.lrange(name, 0, -1),
    set: (name) => requests.smembers(name),
    zset: (name) => requests.zrange(name, '0', '-1'),
    stream: (name) => requests.xrange(name, '-', '+'),
  };
  return JSON.stringify(await Promise.all(keys.map(async (name) => [name, await readers[await requests.type(name)]?.(name)])));
}

/** Everything at the three moments of a call: queued, in a worker's hands, answered. */
async function watch(seal: Seal, callId: string): Promise<string[]> {
  const state = stateOf(seal);
  await state.modelCalls.request(call(callId));
  const seen = [await everything()];
  const consumer = createModelCallConsumer({
    ...{ redis, prefix, seal },
    handler: async () => {
      seen.push(await everything());
      return answer;
    },
  });
  await vi.waitFor(async () => expect(await state.modelCalls.result(callId)).toEqual({ ok: true, answer }), soon);
  await consumer.stop(30_000);
  return [...seen, await everything()];
}

it('with a key no text of a call, and no vector, stands in Redis, queued, under way or answered; without one they do', async () => {
  const shows = (seen: readonly string[]) => seen.map((text) => [text.includes(planted), text.includes(vector)]);
  expect(shows(await watch(createSeal(key), 'sealed'))).toEqual([
    [false, false],
    [false, false],
    [false, false],
  ]);
  expect(shows(await watch(noSeal, 'open'))).toEqual([
    [true, false],
    [true, false],
    [expect.any(Boolean), true],
  ]);
});

it.each([
  ['another key', another],
  ['no key', undefined],
])('a worker that has %s answers by an error of the catalogue, lists the job once, and goes on', async (title, theirs) => {
  const state = stateOf(createSeal(key));
  const callId = `of a worker with ${title}`;
  const texts: string[] = [];
  const consumer = serve(createSeal(theirs), texts);
  await state.modelCalls.request(call(callId));
  const expected = { ok: false, code: 'payload-unreadable', message: expect.stringContaining('REEMBED_PAYLOAD_KEY') };
  await vi.waitFor(async () => expect(await state.modelCalls.result(callId)).toMatchObject(expected), soon);
  const letters = async () =>
    (await createDeadLetters({ redis, prefix }).list()).filter(({ job }) => job === `call-${encodeURIComponent(callId)}`);
  const listed = [expect.objectContaining({ reason: expect.stringContaining('[payload-unreadable]') })];
  await vi.waitFor(async () => expect(await letters()).toEqual(listed), soon);
  expect(JSON.stringify(await letters())).not.toContain(planted);
  const open = stateOf(createSeal(theirs));
  await open.modelCalls.request(call(`${callId}, afterwards`));
  await vi.waitFor(async () => expect(await open.modelCalls.result(`${callId}, afterwards`)).toEqual({ ok: true, answer }), soon);
  expect(texts).toEqual([planted]);
  await consumer.stop(30_000);
});

it('a key is changed without a gap: the new one is made known everywhere, then put first', async () => {
  const [before, both, after] = [createSeal(key), createSeal(`${another},${key}`), createSeal(another)];
  const state = stateOf(before);
  const consumer = serve(both);
  await state.modelCalls.request(call('rotated'));
  await vi.waitFor(async () => expect(await stateOf(both).modelCalls.result('rotated')).toEqual({ ok: true, answer }), soon);
  expect(await stateOf(after).modelCalls.result('rotated')).toEqual({ ok: true, answer });
  expect(await state.modelCalls.result('rotated')).toMatchObject({ ok: false, code: 'payload-unreadable' });
  await consumer.stop(30_000);
});

it('what was changed, or moved to another place, is not taken', async () => {
  const seal = createSeal(key);
  const sealed = seal.seal(planted, 'one place');
  expect(seal.open(sealed, 'one place')).toBe(planted);
  expect(() => seal.open(sealed, 'another place')).toThrow(/changed or moved/);
  const flipped = `${sealed.slice(0, -6)}${sealed.at(-6) === 'A' ? 'B' : 'A'}${sealed.slice(-5)}`;
  expect(() => seal.open(flipped, 'one place')).toThrow(/changed or moved/);
  expect(() => seal.open('sealed.2.abc', 'one place')).toThrow(/does not know/);
});

it('what the gates have measured, which quotes texts, is sealed too', async () => {
  const hits = { [planted]: 'x' };
  const { gates } = stateOf(createSeal(key));
  const { gates: others } = stateOf(createSeal(another));
  await gates.saveDraw('m1', { queries: [{ text: planted }], hits } as never);
  await gates.save('m1', { ...buildGates(), hits } as never);
  const keys = keysOf(prefix);
  for (const place of [keys.gateDraw('m1'), keys.gates('m1')]) expect(await redis.requests.get(place)).toMatch(/^sealed\.1\.[0-9a-f]{8}\./);
  await expect(others.draw('m1')).rejects.toMatchObject({ code: 'payload-unreadable' });
  await expect(others.load('m1')).rejects.toMatchObject({ code: 'payload-unreadable' });
});

it('vectors that are kept for texts that come again are sealed too, and found by whoever has the key', async () => {
  const kept = { key: 'ab'.repeat(32), vector: new Float32Array([0.1, 0.2, 0.3]) };
  const open = (setting: string | undefined) => createVectorCache({ redis, prefix, seal: createSeal(setting) }, 1_000_000);
  await open(key).keep([kept]);
  const stored = await redis.requests.hvalsBuffer(`${keysOf(prefix).vectors}:3`);
  expect(Buffer.concat(stored).includes(Buffer.from(kept.vector.buffer))).toBe(false);
  const found = await Promise.all([key, `${another},${key}`, another, undefined].map((setting) => open(setting).find([kept.key], 3)));
  expect(found).toEqual([[kept.vector], [kept.vector], [null], [null]]);
});
