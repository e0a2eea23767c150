import { spawn } from 'node:child_process';
import { pino } from 'pino';
import { afterEach, expect, it } from 'vitest';
import { createForkedPlanner } from './forked-planner.ts';
import type { Planner } from './planner.ts';

const log = pino({ level: 'silent' });
const metrics = { observe: () => undefined };
const request = { url: '/v1/plans', headers: {}, body: null, ip: '127.0.0.1', person: null };
const answer = { status: 200, headers: {}, body: new Uint8Array([1]) };

/** What a process does with each request, as its source. */
const answers = `process.send({ id: told.id, answer: { status: 200, headers: {}, body: new Uint8Array([1]) } })`;
const child = (does: string) => {
  const source = `process.on('message', (told) => { if ('ends' in told) process.disconnect(); else { ${does} } });`;
  const stdio = ['ignore', 'ignore', 'ignore', 'ipc'] as const;
  return spawn(process.execPath, ['--max-old-space-size=32', '-e', source], { stdio: [...stdio], serialization: 'advanced' });
};

let planner: Planner | null = null;
afterEach(() => planner?.stop());

const planning = (processes: readonly string[], { mostAtOnce = 16, mostSilentMs = 60_000 } = {}) => {
  const left = [...processes];
  const start = () => child(left.shift() ?? expect.fail('no other process is wanted'));
  planner = createForkedPlanner(start, { log, metrics }, { mostAtOnce, mostSilentMs, lastMs: 100 });
  return planner;
};

it('starts one process for all requests', async () => {
  const { answer: ask } = planning([answers]);
  expect(await Promise.all([ask(request), ask(request)])).toEqual([answer, answer]);
  expect(await ask(request)).toEqual(answer);
});

it.each([
  ['throws', `throw new Error('a defect')`, 'it ended with 1'],
  [
    'needs more memory than it may have',
    'for (const all = []; ; ) all.push(new Array(1_000).fill({}))',
    'it ended with SIGABRT, as where memory runs out',
  ],
  ['leaves', 'process.exit()', 'it ended with 0'],
])('fails what a process held that %s, and has the next request answered by another', async (_how, does, why) => {
  const { answer: ask } = planning([does, answers]);
  const both = await Promise.allSettled([ask(request), ask(request)]);
  for (const one of both)
    expect(one).toMatchObject({ reason: { code: 'planning-stopped', retry: 'later', message: expect.stringContaining(why) } });
  expect(await ask(request)).toEqual(answer);
});

it('ends a process that says nothing any more', async () => {
  const { answer: ask } = planning(['for (;;);', answers], { mostAtOnce: 16, mostSilentMs: 500 });
  await expect(ask(request)).rejects.toMatchObject({ code: 'planning-stopped', message: expect.stringContaining('stood still for 0.5 s') });
  expect(await ask(request)).toEqual(answer);
});

it('takes so many at once, and refuses more', async () => {
  const { answer: ask } = planning(['held = [...(globalThis.held ?? []), told]'], { mostAtOnce: 2 });
  const held = [ask(request), ask(request)].map((one) => one.catch(() => 'ended'));
  await expect(ask(request)).rejects.toMatchObject({ code: 'planning-stopped', message: expect.stringContaining('2 specs') });
  await planner?.stop();
  expect(await Promise.all(held)).toEqual(['ended', 'ended']);
});

it('says why a process could not start as the process says it', async () => {
  const { answer: ask } = planning([`process.send({ code: 'redis-unreachable', message: 'no Redis' }); throw new Error()`]);
  await expect(ask(request)).rejects.toMatchObject({ code: 'redis-unreachable', message: 'no Redis' });
});

it('leaves nothing behind of a process that does not end when it is told to', async () => {
  const started = child(`setInterval(() => undefined, 1_000); ${answers}`);
  planner = createForkedPlanner(() => started, { log, metrics }, { mostAtOnce: 16, mostSilentMs: 60_000, lastMs: 100 });
  await planner.answer(request);
  await planner.stop();
  expect(started.signalCode).toBe('SIGKILL');
});
