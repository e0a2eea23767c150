import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type CompareReply, type MigrationView, type Report, reportSchema } from '@reembed/contracts';
import { expect, test } from 'vitest';
import { setScene } from '../migration.fixture.ts';
import { runToEnd } from '../start-cli.fixture.ts';

const twoMinutes = 120_000;
const gates = { queries: [{ id: 'q1', text: 'point 7' }], qrels: [{ query: 'q1', document: '7', relevance: 1 }] };

test('a gate that cannot be measured stops a switch until somebody says so by name, and the report keeps the word', {
  timeout: twoMinutes,
}, async () => {
  await using scene = await setScene({ points: 60, gates });
  const { id } = JSON.parse((await runToEnd(['run', scene.specFile, '--json', '--workers', '1'], scene.env)).stdout) as MigrationView;
  const refused = await runToEnd(['switch', id], scene.env);
  expect(refused).toMatchObject({ exit: 6, stderr: expect.stringContaining('--override quality --by') });
  const nameless = await runToEnd(['switch', id, '--override', 'quality'], scene.env);
  expect(nameless).toMatchObject({ exit: 2, stderr: expect.stringContaining('add --reason') });
  expect((await scene.collections.aliases()).get(scene.alias)).toBe(scene.source);
  const words = ['--override', 'quality', '--by', 'Ada', '--reason', 'nobody knows the old model'];
  expect(await runToEnd(['switch', id, ...words], scene.env)).toMatchObject({ exit: 0, stderr: '' });
  expect((await scene.collections.aliases()).get(scene.alias)).toBe(scene.target);
  const page = join(dirname(scene.specFile), 'report.html');
  const { stdout } = await runToEnd(['report', id, '--html', page, '--json'], scene.env);
  const report: Report = reportSchema.parse(JSON.parse(stdout));
  expect(report.overrides).toMatchObject([{ gate: 'quality', by: 'Ada' }]);
  expect(await readFile(page, 'utf8')).toMatch(/^<!doctype html>.*nobody knows the old model/is);
});

test('both sides are asked the same, each by its own model; without lists to judge it says why', { timeout: twoMinutes }, async () => {
  const toAsk = [7, 8, 9, 10, 11].map((n) => ({ id: `q${n}`, text: `point ${n}` }));
  await using scene = await setScene({ points: 30, oldModel: 'hash/16', gates: { queries: toAsk } });
  const { id } = JSON.parse((await runToEnd(['run', scene.specFile, '--json', '--workers', '1'], scene.env)).stdout) as MigrationView;
  const asked = await runToEnd(['compare', id, 'point 7', 'point 8', '--limit', '3', '--json'], scene.env);
  expect(asked.exit).toBe(0);
  expect(asked.stderr).toContain('this is what Qdrant');
  const { queries } = JSON.parse(asked.stdout) as CompareReply;
  expect(queries.map(({ query, old, new: fresh }) => [query, old.length, fresh[0]?.id.id])).toEqual([
    ['point 7', 3, '7'],
    ['point 8', 3, '8'],
  ]);
  const judged = await runToEnd(['report', id, '--changed', join(dirname(scene.specFile), 'judged.csv')], scene.env);
  expect(judged).toMatchObject({ exit: 2, stderr: expect.stringContaining('there is no list that changed: the old vector') });
  const wrong = await runToEnd(['report', id, '--changed', 'judged.txt'], scene.env);
  expect(wrong).toMatchObject({ exit: 2, stderr: expect.stringContaining('name it .csv or .jsonl') });
});
