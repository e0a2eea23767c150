import { expect, test } from 'vitest';
import { documentMigration } from '../support/document-migration.ts';
import { eventually } from '../support/eventually.ts';
import { type Fleet, startFleet } from '../support/fleet.ts';
import { createSource } from '../support/source-collection.ts';

const acknowledged = {
  points: [
    {
      id: 999_999,
      payload: { title: 'new', body: 'acknowledged' },
      vector: { '': [1, 2, 3, 4], new: Array.from({ length: 64 }, () => 0.1) },
    },
  ],
};

const write = ({ http }: Fleet, alias: string) => http.call('PUT', `/collections/${alias}/points?wait=true`, acknowledged);

test('an alias that somebody points at the target before the switch: what is written through it stays, and the move is taken for the switch on a word', async () => {
  await using fleet = await startFleet();
  const { api, http } = fleet;
  const migration = await documentMigration(fleet, { points: 400 });
  const { alias, source, target } = migration;
  const { id } = await api.submit(migration.spec);
  await api.until(id, 'ready');
  await http.call('POST', '/collections/aliases', { actions: [{ create_alias: { alias_name: alias, collection_name: target } }] });
  await write(fleet, alias);
  const stopped = await api.until(id, 'failed');
  expect(stopped.error?.code).toBe('target-live');
  expect(stopped.next).toContain(`reembed switch ${id} --made-by-hand`);
  await api.command(id, 'switch', { madeByHand: true });
  await api.until(id, 'observing');
  expect(await http.count(alias)).toBe(401);
  expect(await http.count(source)).toBe(400);
});

test('a Redis that restarts as it was before the switch: nothing is synced into what is live, resume is refused, adopt goes on', async () => {
  await using fleet = await startFleet({ ownRedis: true });
  const { api, http, redis, connections } = fleet;
  const migration = await documentMigration(fleet, { points: 400 });
  const { id } = await api.submit(migration.spec);
  await api.until(id, 'ready');
  await connections.requests.save();
  await api.command(id, 'switch');
  await api.until(id, 'observing');
  await write(fleet, migration.alias);
  await redis.restart();
  const stopped = await eventually('the fleet notices', async () => {
    const view = await api.view(id);
    return view.error?.code === 'superseded' ? view : null;
  });
  expect(stopped.possible).toEqual([]);
  expect((await api.refusedCommand(id, 'resume')).body.message).toContain(`reembed adopt ${migration.target}`);
  const { status } = await api.request('POST', '/v1/adoptions', { target: migration.target });
  expect(status).toBeLessThan(300);
  await eventually('it is observing again', async () => ((await api.view(id)).phase === 'observing' ? true : null));
  expect(await http.count(migration.alias)).toBe(401);
});

test('floats in payloads that the server spells anew each time it reads them are equal, and the migration switches', async () => {
  await using fleet = await startFleet();
  const { api, http } = fleet;
  const [source, target, alias] = [fleet.name('source'), fleet.name('target'), fleet.name('alias')];
  const points = Array.from({ length: 200 }, (_, n) => ({
    id: String(n),
    payload: `{"text":"t ${n}","p_value":${(1 + (n * 9) / 200 + Math.sqrt(n) * 1e-7) * 1e-10}}`,
    vector: '[1.0,2.0,3.0,4.0]',
  }));
  await createSource(http, source, { vectors: { size: 4, distance: 'Dot' } }, points);
  const vectors = { '': { keep: '' }, new: { embed: { model: 'hash/64', text: '{{text}}' } } };
  const { id } = await api.submit({ name: 'floats', source: { collection: source }, target: { collection: target, alias }, vectors });
  await api.until(id, 'ready');
  await api.command(id, 'switch');
  expect((await api.until(id, 'observing')).lateWrites.open).toBe(0);
});
