import { expect, test } from 'vitest';
import { documentMigration } from '../support/document-migration.ts';
import { type Fleet, startFleet } from '../support/fleet.ts';

const sleepsBeforeWriting = { at: 'before', act: 'points.insertOnly', how: 'stop' } as const;

test('a worker stopped between deciding and writing, and woken after the switch, changes nothing', async () => {
  await using fleet = await startFleet({ workers: 0 });
  const { api, http } = fleet;
  const migration = await documentMigration(fleet, { points: 600, ids: 'integers' });
  const zombie = await fleet.startWorker(sleepsBeforeWriting);
  const { id } = await api.submit(migration.spec);
  const first = firstId(await zombie.hit());
  expect(await stored(fleet, migration.target, first)).toBe(false);
  await fleet.startWorker();
  await api.until(id, 'ready');
  expect(await migration.differences()).toEqual([]);
  await api.command(id, 'switch');
  await api.until(id, 'observing');
  // The target is live now. A reader's application deletes the point that the zombie still means to insert.
  await http.call('POST', `/collections/${migration.alias}/points/delete?wait=true`, { points: [Number(first)] });
  zombie.signal('SIGCONT');
  expect(await zombie.ended()).toBe('qdrant-not-found');
  expect(await stored(fleet, migration.target, first)).toBe(false);
  expect(await migration.differences()).toEqual([`${first} is missing`]);
  expect((await api.view(id)).phase).toBe('observing');
});

test('a worker stopped before writing, and woken after a pause, writes nothing; resumed, it goes on', async () => {
  await using fleet = await startFleet({ workers: 0 });
  const { api, http } = fleet;
  const migration = await documentMigration(fleet, { points: 600 });
  const zombie = await fleet.startWorker(sleepsBeforeWriting);
  const { id } = await api.submit(migration.spec);
  await zombie.hit();
  await api.command(id, 'pause');
  await api.until(id, 'paused');
  const before = await http.count(migration.target);
  zombie.signal('SIGCONT');
  expect(await zombie.ended()).toBe('qdrant-not-found');
  expect(await http.count(migration.target)).toBe(before);
  expect(before).toBeLessThan(600);
  await api.command(id, 'resume');
  const { progress } = await api.until(id, 'ready');
  expect(progress.ranges.failed).toBe(0);
  expect(await migration.differences()).toEqual([]);
});

test('a worker stopped before writing, and woken when the name of the cancelled target has been used again, changes nothing', async () => {
  await using fleet = await startFleet({ workers: 0 });
  const { api, http } = fleet;
  const migration = await documentMigration(fleet, { points: 600, ids: 'integers' });
  const zombie = await fleet.startWorker(sleepsBeforeWriting);
  const cancelled = await api.submit(migration.spec);
  const first = firstId(await zombie.hit());
  await api.command(cancelled.id, 'cancel');
  await api.until(cancelled.id, 'cancelled');
  await http.call('DELETE', `/collections/${migration.target}`);
  await fleet.startWorker();
  const { id, how } = await api.submit(migration.spec);
  expect(how).toBe('created');
  expect(id).not.toBe(cancelled.id);
  await api.until(id, 'ready');
  for (const collection of [migration.source, migration.target]) {
    await http.call('POST', `/collections/${collection}/points/delete?wait=true`, { points: [Number(first)] });
  }
  zombie.signal('SIGCONT');
  expect(await zombie.ended()).toBe('qdrant-not-found');
  expect(await stored(fleet, migration.target, first)).toBe(false);
  await api.command(id, 'switch');
  await api.until(id, 'observing');
  expect(await migration.differences()).toEqual([]);
});

/** The id of the first point of the page that a worker was about to write. */
function firstId(hit: string): string {
  const id = /"kind":"integer","id":"(\d+)"/.exec(hit)?.[1];
  if (id === undefined) throw new Error(`no integer id in ${hit}`);
  return id;
}

async function stored({ http }: Fleet, collection: string, id: string): Promise<boolean> {
  return ((await http.call('POST', `/collections/${collection}/points`, { ids: [Number(id)] })) as unknown[]).length > 0;
}
