import type { MigrationView } from '@reembed/contracts';
import { expect, test } from 'vitest';
import { type Scene, setScene, sourceVector } from '../migration.fixture.ts';
import { runToEnd } from '../start-cli.fixture.ts';

const twoMinutes = 120_000;
const how = ['--vector', 'new', '--model', 'hash/32', '--text', '{{title}}'];

test('backfill adds a vector and fills it in; again, it knows the model and fills in only what came later', {
  timeout: twoMinutes,
}, async () => {
  await using scene = await setScene({ points: 300 });
  const first = await runToEnd(['backfill', scene.alias, ...how], scene.env);
  expect(first).toMatchObject({ exit: 0, stderr: '' });
  expect(first.stdout).toMatch(/is completed\.\nNext: Done: ".*" has "new"/);
  expect(await lacking(scene)).toBe(0);
  await scene.points.insertOnly(scene.source, [
    { id: { kind: 'integer', id: '9001' }, payload: '{"title":"later"}', vectors: { '': sourceVector } },
  ]);
  expect(await lacking(scene)).toBe(1);
  const { exit, stdout } = await runToEnd(['backfill', scene.source, '--vector', 'new', '--json', '--workers', '1'], scene.env);
  expect(exit).toBe(0);
  expect(JSON.parse(stdout) as MigrationView).toMatchObject({ phase: 'completed', filling: { vectors: ['new'] } });
  expect(await lacking(scene)).toBe(0);
});

test('backfill says what is missing where nobody knows what makes the vector', { timeout: twoMinutes }, async () => {
  await using scene = await setScene({ points: 3 });
  const { exit, stderr } = await runToEnd(['backfill', scene.source, '--vector', 'new', '--workers', '1'], scene.env);
  expect(exit).toBe(2);
  expect(stderr).toContain('does not say what makes its vector "new": give both model (missing) and text (missing)');
});

test('backfill ends with an error that names points which cannot be embedded', { timeout: twoMinutes }, async () => {
  await using scene = await setScene({ points: 3 });
  await scene.points.insertOnly(scene.source, [{ id: { kind: 'integer', id: '9001' }, payload: '{}', vectors: { '': sourceVector } }]);
  const { exit, stderr } = await runToEnd(['backfill', scene.source, ...how, '--workers', '1'], scene.env);
  expect(exit).toBe(6);
  expect(stderr).toMatch(/1 point\(s\) are set aside \(`reembed failures m/);
});

test('backfill on a server that cannot add a vector says why a new collection is needed, and how to have it', {
  timeout: twoMinutes,
}, async () => {
  await using scene = await setScene({ points: 3, serverVersion: '1.17.1' });
  const { exit, stderr } = await runToEnd(['backfill', scene.source, ...how, '--workers', '1'], scene.env);
  expect(exit).toBe(2);
  expect(stderr).toMatch(
    /needs Qdrant 1\.18 or later, and this is 1\.17\.1: older servers cannot add a vector to a collection that exists/,
  );
  expect(stderr).toContain(`reembed init two-step --source ${scene.source}`);
  expect((await scene.collections.describe(scene.source))?.vectors).toEqual({ '': { size: 16, distance: 'Dot' } });
});

async function lacking({ points, source }: Scene): Promise<number> {
  const { ids } = await points.scrollIds(source, { offset: null, limit: 1_000 });
  return (await points.lacking(source, { ids, vector: 'new' })).length;
}
