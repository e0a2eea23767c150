import { expect, test } from 'vitest';
import { documentMigration } from '../support/document-migration.ts';
import { eventually } from '../support/eventually.ts';
import { startFleet } from '../support/fleet.ts';
import { createSource } from '../support/source-collection.ts';

test('the target deleted by someone else in the middle of the copy: it fails by name, cancel works, and the same spec starts again', async () => {
  await using fleet = await startFleet({ stub: { latencyMs: 200 }, concurrency: 1 });
  const { api, http } = fleet;
  const migration = await documentMigration(fleet, { points: 800, model: 'stub' });
  const before = await http.scroll(migration.source);
  const { id } = await api.submit(migration.spec);
  await eventually('some points are copied', async () => {
    const there = (await http.names()).includes(migration.target) ? await http.count(migration.target) : 0;
    return there >= 100 ? true : null;
  });
  expect(await http.count(migration.target)).toBeLessThan(800);
  await http.call('DELETE', `/collections/${migration.target}`);
  const { error } = await api.until(id, 'failed');
  expect(error?.message).toContain(`"${migration.target}"`);
  expect(await http.scroll(migration.source)).toEqual(before);
  expect((await http.aliases())[migration.alias]).toBe(migration.source);
  await api.command(id, 'cancel');
  await api.until(id, 'cancelled');
  expect((await http.names()).filter((name) => name.includes(id))).toEqual([]);
  const again = await api.submit(migration.spec);
  expect(again).toMatchObject({ how: 'created' });
  expect(again.id).not.toBe(id);
  await api.until(again.id, 'ready');
  expect(await migration.differences()).toEqual([]);
});

test('the alias moved by someone else before the switch: nothing is switched, and the alias stays where they put it', async () => {
  await using fleet = await startFleet();
  const { api, http } = fleet;
  const migration = await documentMigration(fleet, { points: 300 });
  const theirs = fleet.name('theirs');
  await createSource(http, theirs, { vectors: { size: 4, distance: 'Dot' } }, []);
  const { id } = await api.submit(migration.spec);
  await api.until(id, 'ready');
  const point = (collection: string) =>
    http.call('POST', '/collections/aliases', {
      actions: [{ create_alias: { alias_name: migration.alias, collection_name: collection } }],
    });
  await point(theirs);
  await api.command(id, 'switch');
  const { error } = await api.until(id, 'failed');
  expect(error?.message).toContain(`points at "${theirs}" now`);
  expect((await http.aliases())[migration.alias]).toBe(theirs);
  await point(migration.source);
  await api.command(id, 'resume', { switch: true });
  await api.until(id, 'observing');
  expect((await http.aliases())[migration.alias]).toBe(migration.target);
  expect(await migration.differences()).toEqual([]);
});
