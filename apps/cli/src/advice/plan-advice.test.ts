import { readFile, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { setScene } from '../migration.fixture.ts';
import { runInProcess } from '../start-cli.fixture.ts';
import { advisedIn, wordsOf } from './shell.fixture.ts';

const patience = { timeout: 120_000 };

test('every command that a plan prints is accepted as it is printed, and the last one runs what was planned', patience, async () => {
  await using scene = await setScene({ points: 20 });
  const plan = await runInProcess(['plan', scene.specFile], scene.env);
  expect(plan.exit).toBe(0);
  const advised = advisedIn(plan.out);
  const [last] = advised.slice(-1);
  expect(last).toMatch(/^reembed run /);
  for (const command of new Set(advised)) {
    const { exit, err } = await runInProcess(wordsOf(command), scene.env);
    expect([command, exit, err]).toEqual([command, 0, '']);
  }
  expect(await scene.collections.count(scene.target)).toBe(20);
});

test('what stands in the way of a plan is put out of it by the command that it prints', patience, async () => {
  await using scene = await setScene({ points: 3 });
  const spec = JSON.parse(await readFile(scene.specFile, 'utf8')) as { target: { alias: string } };
  await writeFile(scene.specFile, JSON.stringify({ ...spec, target: { ...spec.target, alias: scene.source } }));
  const plan = await runInProcess(['plan', scene.specFile], scene.env);
  expect(plan.exit).toBe(2);
  const [command = ''] = advisedIn(`${plan.out}\n${plan.err}`).filter((one) => one.startsWith('reembed alias create'));
  expect((await runInProcess(wordsOf(command), scene.env)).exit).toBe(0);
  const [, , , name = ''] = ['', ...wordsOf(command)];
  await writeFile(scene.specFile, JSON.stringify({ ...spec, target: { ...spec.target, alias: name } }));
  expect((await runInProcess(['plan', scene.specFile], scene.env)).exit).toBe(0);
  await scene.collections.dropAlias(name);
});

test('another quantization says the command that makes it, and then the one that puts back what was before', patience, async () => {
  await using scene = await setScene({ points: 40 });
  const quantized = async () => (await scene.collections.describe(scene.source))?.quantizationConfig ?? null;
  const planned = await runInProcess(['requantize', scene.source, '--to', 'scalar'], scene.env);
  const [make = ''] = advisedIn(planned.out);
  const made = await runInProcess(wordsOf(make), scene.env);
  expect([made.exit, await quantized()]).toEqual([expect.any(Number), expect.objectContaining({ scalar: expect.anything() })]);
  const [, back = ''] = /^ {2}(reembed requantize .*)$/m.exec(made.out) ?? [];
  await runInProcess(wordsOf(back), scene.env);
  expect(await quantized()).toBeNull();
});
