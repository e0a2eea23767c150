import { expect, test } from 'vitest';
import { documentMigration } from '../support/document-migration.ts';
import { startFleet } from '../support/fleet.ts';

test('two coordinators at once: a spec given to both at the same moment is one migration, and its walk is that of one', async () => {
  await using fleet = await startFleet({ coordinators: 0, workers: 2 });
  const { api, http } = fleet;
  const coordinators = await Promise.all([fleet.startCoordinator(), fleet.startCoordinator()]);
  const migration = await documentMigration(fleet, { points: 2_000 });
  const replies = await Promise.all(coordinators.map((coordinator) => fleet.apiOf(coordinator).submit(migration.spec)));
  const [{ id } = { id: '' }] = replies;
  expect(new Set(replies.map((reply) => reply.id))).toEqual(new Set([id]));
  expect(replies.map(({ how }) => how).sort()).toEqual(['created', 'running']);
  await api.until(id, 'ready');
  expect(await migration.differences()).toEqual([]);
  // Both are told to switch: one word is enough, and the other is told what is possible instead.
  const words = await Promise.all(
    coordinators.map((coordinator) => fleet.apiOf(coordinator).request('POST', `/v1/migrations/${id}/switch`, {})),
  );
  expect(words.map(({ status }) => status).sort()).toEqual([202, 409]);
  await api.until(id, 'observing');
  expect((await http.aliases())[migration.alias]).toBe(migration.target);
  expect(await api.phases(id)).toEqual(['preparing', 'copying', 'indexing', 'verifying', 'ready', 'switching', 'observing']);
  const { body } = await api.request<{ migrations: { id: string }[] }>('GET', '/v1/migrations');
  expect(body.migrations.map((one) => one.id)).toEqual([id]);
});
