import { expect, test } from 'vitest';
import { documentMigration } from '../support/document-migration.ts';
import { type Fleet, startFleet } from '../support/fleet.ts';

const kills = 6;

test('SIGKILL of workers that hold active ranges, six in one migration, loses and duplicates nothing', async () => {
  await using fleet = await startFleet({ workers: 0 });
  const { api, http } = fleet;
  const migration = await documentMigration(fleet, { points: 3_000 });
  const { id } = await api.submit(migration.spec);
  for (let n = 0; n < kills; n++) {
    const at = n % 2 === 0 ? 'before' : 'after';
    const before = await storedPoints(fleet, migration.target);
    const worker = await fleet.startWorker({ at, act: 'points.insertOnly', nth: 3 + n, how: 'kill' });
    expect(await worker.hit()).toMatch(new RegExp(`^${at} points.insertOnly #${3 + n} \\["reembed\\.${id}\\.1"`));
    expect(await worker.exited()).toBe('SIGKILL');
    expect((await heldRanges(fleet, id)).length).toBeGreaterThan(0);
    const after = await http.count(migration.target);
    // Killed before an insert, the other ranges' may all be under way still: only after one something is promised to be there.
    if (at === 'after') expect(after).toBeGreaterThan(before);
    expect(after).toBeLessThan(migration.points);
  }
  await fleet.startWorker();
  const { progress, verification } = await api.until(id, 'ready');
  expect(progress.ranges).toMatchObject({ total: 30, done: 30, failed: 0 });
  expect(verification).toMatchObject({ sourcePoints: 3_000, targetPoints: 3_000, findings: [] });
  expect(await migration.differences()).toEqual([]);
  expect(await api.phases(id)).toEqual(['preparing', 'copying', 'indexing', 'verifying', 'ready']);
});

test('a worker killed while others go on: its ranges are taken over by them', async () => {
  await using fleet = await startFleet({ workers: 1 });
  const { api } = fleet;
  const migration = await documentMigration(fleet, { points: 2_000 });
  const doomed = await fleet.startWorker({ at: 'before', act: 'points.insertOnly', nth: 2, how: 'kill' });
  const { id } = await api.submit(migration.spec);
  await doomed.hit();
  expect(await doomed.exited()).toBe('SIGKILL');
  expect((await heldRanges(fleet, id)).length).toBeGreaterThan(0);
  const { progress } = await api.until(id, 'ready');
  expect(progress.ranges).toMatchObject({ total: 20, done: 20, failed: 0 });
  expect(await migration.differences()).toEqual([]);
});

/** Ranges of the copy that were taken up and are not finished, with the tries counted against them. */
async function heldRanges({ connections, redis }: Fleet, id: string): Promise<{ seq: string; attempts: number }[]> {
  const open = await connections.requests.hgetall(`${redis.prefix}:pass:${id}:1:open`);
  return Object.entries(open).map(([seq, record]) => ({ seq, attempts: JSON.parse(record).a }));
}

async function storedPoints({ http }: Fleet, collection: string): Promise<number> {
  return (await http.names()).includes(collection) ? http.count(collection) : 0;
}
