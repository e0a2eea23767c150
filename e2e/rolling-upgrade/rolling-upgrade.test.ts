import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApp } from '../support/app-process.ts';
import { documentMigration } from '../support/document-migration.ts';
import { startFleet } from '../support/fleet.ts';
import { createMigrationApi } from '../support/migration-api.ts';
import { buildPreviousVersion, type PreviousVersion } from './previous-version.ts';

let previous: PreviousVersion;
beforeAll(() => {
  previous = buildPreviousVersion();
});
afterAll(() => {
  if ('remove' in previous) previous.remove();
});

test.for([
  ['worker', 'coordinator'],
  ['coordinator', 'worker'],
] as const)('a migration goes through with a %s of the commit before and a %s of this one', async ([older, newer], { skip }) => {
  if ('missing' in previous) return skip(previous.missing);
  await using fleet = await startFleet({ coordinators: newer === 'coordinator' ? 1 : 0, workers: newer === 'worker' ? 1 : 0 });
  await using old = await startApp(older, { env: fleet.env, guard: fleet.guard, build: previous.build });
  const api = older === 'coordinator' ? createMigrationApi(() => [old.name], old.log) : fleet.api;
  const migration = await documentMigration(fleet, { points: 300 });
  const { id } = await api.submit(migration.spec);
  expect((await api.until(id, 'ready')).verification).toMatchObject({ sourcePoints: 300, targetPoints: 300, findings: [] });
  await api.command(id, 'switch');
  await api.until(id, 'observing');
  expect(await migration.differences()).toEqual([]);
});
