import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MigrationView, Report } from '@reembed/contracts';
import { expect, test } from 'vitest';
import { setScene } from '../migration.fixture.ts';
import { runToEnd } from '../start-cli.fixture.ts';

const twoMinutes = 120_000;
/** No coordinator is there: what answers comes from Qdrant alone. */
const nobody = { REEMBED_URL: 'http://127.0.0.1:9' };

test('after run and after complete, with every Redis gone, all that is read answers from Qdrant, and says so on stderr alone', {
  timeout: twoMinutes,
}, async () => {
  await using scene = await setScene({ points: 60, oldModel: 'hash/16' });
  const folder = await mkdtemp(join(tmpdir(), 'reembed-page-'));
  const { id } = JSON.parse(
    (await runToEnd(['run', scene.specFile, '--switch', '--json', '--workers', '1'], scene.env)).stdout,
  ) as MigrationView;
  const read = async <T>(...args: string[]) => {
    const { exit, stdout, stderr } = await runToEnd([...args, '--json'], { ...scene.env, ...nobody });
    expect({ args, exit, stderr }).toEqual({ args, exit: 0, stderr: expect.stringContaining('this is what Qdrant at') });
    return JSON.parse(stdout) as T;
  };
  expect(await read<MigrationView>('status', id)).toMatchObject({ phase: 'observing', progress: { texts: expect.any(Number) } });
  for (const word of ['test', scene.target]) expect(await read<MigrationView>('status', word)).toMatchObject({ id });
  expect(await read<{ queries: unknown[] }>('compare', id, 'point 7')).toMatchObject({
    queries: [{ query: 'point 7', old: [{}, {}, {}, {}, {}] }],
  });
  expect(await runToEnd(['complete', id, '--confirm', scene.source], scene.env)).toMatchObject({ exit: 0, stderr: '' });
  expect(await read<MigrationView>('status', id)).toMatchObject({ phase: 'completed', lateWrites: { open: 0 } });
  const listed = await read<{ migrations: MigrationView[] }>('list');
  expect(listed.migrations.filter((view) => view.id === id)).toMatchObject([{ phase: 'completed', source: scene.source }]);
  const report = await read<Report>('report', id, '--html', join(folder, 'report.html'));
  expect(report).toMatchObject({ verdict: 'pass', counts: { source: 60, target: 60 }, oldVectors: [{ name: '', model: 'hash/16' }] });
  expect(report.cost.texts).toBeGreaterThanOrEqual(60);
  expect(report.collections.old).not.toBeNull();
  expect(report.phases.map(({ phase }) => phase)).toEqual(expect.arrayContaining(['copying', 'verifying', 'switching', 'completed']));
  expect(await readFile(join(folder, 'report.html'), 'utf8')).toMatch(/^<!doctype html>/i);
  expect(await read('failures', id)).toEqual({ failures: [], next: null });
  expect(await read('late-writes', id)).toEqual({ lateWrites: [], next: null });
  await rm(folder, { recursive: true });
});

test('a migration that nobody knows is not found, whoever is asked', { timeout: twoMinutes }, async () => {
  await using scene = await setScene({ points: 1 });
  for (const command of ['status', 'report', 'failures', 'late-writes'])
    expect(await runToEnd([command, 'm-none'], { ...scene.env, ...nobody })).toMatchObject({
      exit: 4,
      stderr: expect.stringContaining('keeps nothing of it'),
    });
});
