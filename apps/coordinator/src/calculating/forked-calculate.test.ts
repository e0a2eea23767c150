import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Calculation, calculateHere, calculations } from '@reembed/core';
import { expect, it } from 'vitest';
import { createForkedCalculate } from './forked-calculate.ts';

const { signal } = new AbortController();
const adding: Calculation<number, number, number> = {
  name: 'adding',
  of: (given, parts) => parts.reduce((sum, part) => sum + part, given),
};
const many = Array.from({ length: 1_000 }, (_, at) => at);

/** What a process does once it is told what to calculate, as its source; `parts` is all that it was handed. */
const child = (does: string) => {
  const source = `const parts = []; process.on('message', (told) => { if ('parts' in told) parts.push(...told.parts); else { ${does} } });`;
  const stdio = ['ignore', 'ignore', 'ignore', 'ipc'] as const;
  return spawn(process.execPath, ['--max-old-space-size=32', '-e', source], { stdio: [...stdio], serialization: 'advanced' });
};

it('makes a small one here', async () => {
  const calculate = createForkedCalculate(() => expect.fail('no process is wanted'));
  expect(await calculate(adding, { given: 1, parts: [1, 2], signal })).toEqual({ result: 4 });
});

it('makes a large one in a process, which gets all parts in their order, some at a time while others have their turn', async () => {
  let turns = 0;
  const counting = setInterval(() => turns++, 0);
  const calculate = createForkedCalculate(() => child('process.send({ result: [told, parts] })'));
  const calculated = await calculate(adding, { given: 7, parts: many, signal });
  clearInterval(counting);
  expect(calculated).toEqual({ result: [{ name: 'adding', given: 7 }, many] });
  expect(turns).toBeGreaterThan(2);
});

it.each([
  ['throws', `throw new Error('a defect')`, 'it ended with 1'],
  ['needs more memory than it may have', 'for (const all = []; ; ) all.push(new Array(1_000).fill({}))', 'as where memory runs out'],
  ['leaves', 'process.exit()', 'it ended with 0'],
])('says why there is no result, where its process %s', async (_how, does, why) => {
  const calculate = createForkedCalculate(() => child(does));
  expect(await calculate(adding, { given: 0, parts: many, signal })).toEqual({ failed: expect.stringContaining(why) });
});

it('ends its process with whoever waits for it', async () => {
  const waiting = new AbortController();
  const started: ChildProcess[] = [];
  const calculate = createForkedCalculate(() => {
    started.push(child(''));
    return started[0] as ChildProcess;
  });
  const calculated = calculate(adding, { given: 0, parts: many, signal: waiting.signal });
  const ended = started.map((one) => once(one, 'exit'));
  waiting.abort(new Error('the coordinator ends'));
  await expect(calculated).rejects.toThrow('the coordinator ends');
  expect(await Promise.all(ended)).toEqual([[null, 'SIGKILL']]);
});

it.each(calculations)('has a process in which $name comes to what it does here', async (calculation) => {
  const answer = (document: string) => ({
    tookMs: 1,
    hits: [{ id: { kind: 'integer', id: document }, document, score: 0.5, text: document }],
  });
  const parts = Array.from({ length: 60 }, (_, at) => {
    const sides = { old: answer(String(at)), new: answer(String(at % 50)) };
    const query = { id: `q${at}`, text: `query ${at}`, exact: sides, indexed: sides };
    return { asked: { query, systems: [], document: null } };
  });
  const qrels = parts.map(({ asked }, at) => ({ query: asked.query.id, document: String(at), relevance: 1 }));
  const scoreKinds = { old: 'Cosine', new: 'Cosine' };
  const given = { minNdcgDelta: -0.02, slices: [], scoreKinds, systems: [], sameSpace: null, serverVersion: '1.19.0' };
  const input = { given: given as never, parts: [...parts, { qrels }] as never[], signal };
  const calculated = await createForkedCalculate()(calculation, input);
  expect(calculated).toEqual(await calculateHere(calculation, input));
  expect(calculated).toMatchObject({ result: { gate: { basis: 'labels', labelled: 60 } } });
});
