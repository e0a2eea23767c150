import { expect, test } from 'vitest';
import { documentMigration } from '../support/document-migration.ts';
import { eventually } from '../support/eventually.ts';
import { startFleet } from '../support/fleet.ts';

test('Redis killed in the middle of the copy and started again with what it had on disk: nothing is lost, hardly anything is paid twice', async () => {
  await using fleet = await startFleet({ ownRedis: true, aof: true, workers: 2, concurrency: 1, stub: { latencyMs: 250 } });
  const { api, http, redis, stub } = fleet;
  const migration = await documentMigration(fleet, { points: 2_000, model: 'stub' });
  const { id } = await api.submit(migration.spec);
  for (const points of [300, 900, 1_400]) {
    const copied = await eventually(`${points} points are copied`, async () => {
      const there = (await http.names()).includes(migration.target) ? await http.count(migration.target) : 0;
      return there >= points ? there : null;
    });
    expect(copied).toBeLessThan(2_000);
    await redis.kill();
    await redis.restart();
  }
  const { progress } = await api.until(id, 'ready');
  expect(progress.ranges).toMatchObject({ total: 20, done: 20, failed: 0 });
  expect(await migration.differences()).toEqual([]);
  const texts = stub.log.flatMap((request) => request.texts);
  // What was in flight is paid again; beginning anew three times would have cost the 2,600 that were stored.
  expect(texts.length).toBeLessThan(2_000 + 1_000);
});
