import { Worker } from 'node:worker_threads';
import { pino } from 'pino';
import { afterEach, expect, it } from 'vitest';
import type { Planner } from './planner.ts';
import { createThreadedPlanner } from './threaded-planner.ts';

const log = pino({ level: 'silent' });
const request = { url: '/v1/plans', headers: {}, body: null, ip: '127.0.0.1', person: null };
const answer = { status: 200, headers: {}, body: new Uint8Array([1]) };

/** What a thread does with each request, as its source. */
const answers = `parentPort.postMessage({ id: told.id, answer: { status: 200, headers: {}, body: new Uint8Array([1]) } })`;
const thread = (does: string) => {
  const source = `const { parentPort } = require('node:worker_threads');
    parentPort.on('message', (told) => { if (told === null) parentPort.close(); else { ${does} } });`;
  return new Worker(source, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 16 } });
};

let planner: Planner | null = null;
afterEach(() => planner?.stop());

const planning = (threads: readonly string[], limits = { mostAtOnce: 16, mostSilentMs: 60_000 }) => {
  const left = [...threads];
  planner = createThreadedPlanner(() => thread(left.shift() ?? expect.fail('no other thread is wanted')), log, limits);
  return planner;
};

it('starts one thread for all requests', async () => {
  const { answer: ask } = planning([answers]);
  expect(await Promise.all([ask(request), ask(request)])).toEqual([answer, answer]);
  expect(await ask(request)).toEqual(answer);
});

it.each([
  ['throws', `throw new Error('a defect')`, 'a defect'],
  ['needs more memory than it may have', 'for (const all = []; ; ) all.push(new Array(1_000).fill({}))', 'ERR_WORKER_OUT_OF_MEMORY'],
  ['leaves', 'process.exit()', 'it ended'],
])('fails what a thread held that %s, and has the next request answered by another', async (_how, does, why) => {
  const { answer: ask } = planning([does, answers]);
  const both = await Promise.allSettled([ask(request), ask(request)]);
  for (const one of both)
    expect(one).toMatchObject({ reason: { code: 'planning-stopped', retry: 'later', message: expect.stringContaining(why) } });
  expect(await ask(request)).toEqual(answer);
});

it('ends a thread that says nothing any more', async () => {
  const { answer: ask } = planning(['for (;;);', answers], { mostAtOnce: 16, mostSilentMs: 500 });
  await expect(ask(request)).rejects.toMatchObject({ code: 'planning-stopped', message: expect.stringContaining('stood still for 0.5 s') });
  expect(await ask(request)).toEqual(answer);
});

it('takes so many at once, and refuses more', async () => {
  const { answer: ask } = planning(['held = [...(globalThis.held ?? []), told]'], { mostAtOnce: 2, mostSilentMs: 60_000 });
  const held = [ask(request), ask(request)].map((one) => one.catch(() => 'ended'));
  await expect(ask(request)).rejects.toMatchObject({ code: 'planning-stopped', message: expect.stringContaining('2 specs') });
  await planner?.stop();
  expect(await Promise.all(held)).toEqual(['ended', 'ended']);
});

it('says why a thread could not start as the thread says it', async () => {
  const { answer: ask } = planning([`parentPort.postMessage({ code: 'redis-unreachable', message: 'no Redis' }); throw new Error()`]);
  await expect(ask(request)).rejects.toMatchObject({ code: 'redis-unreachable', message: 'no Redis' });
});
