import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { documentMigration } from '../support/document-migration.ts';
import { eventually } from '../support/eventually.ts';
import { type Fleet, startFleet } from '../support/fleet.ts';
import { startOwnQdrant } from '../support/own-qdrant.ts';
import { putPoints, somePoints } from '../support/source-collection.ts';

const slowProvider = { stub: { latencyMs: 100 } } as const;
const points = 1_000;
const outageMs = 20_000;

test.concurrent('Qdrant down for twenty seconds, while copying and while ready: the migration waits, says so, and goes on', async () => {
  await using qdrant = await startOwnQdrant();
  await using fleet = await startFleet({ ...slowProvider, qdrant });
  const { api } = fleet;
  const migration = await documentMigration(fleet, { points, model: 'stub' });
  const { id } = await api.submit(migration.spec);
  await copied(fleet, migration.target, 200);
  await qdrant.local.stop();
  await eventually('the migration says what it waits for', async () => {
    const { waiting } = await api.view(id);
    return waiting?.reason.includes('qdrant-unreachable') ? true : null;
  });
  await sleep(outageMs);
  expect(await api.view(id)).toMatchObject({ phase: 'copying', progress: { setAside: null } });
  await qdrant.local.start();
  await api.until(id, 'ready');
  expect(await migration.differences()).toEqual([]);
  await qdrant.local.stop();
  await sleep(2_000);
  await qdrant.local.start();
  await putPoints(fleet.http, migration.source, somePoints(points + 50, 'mixed').slice(points));
  await api.command(id, 'switch');
  const { waiting, error } = await api.until(id, 'observing');
  expect([waiting, error]).toEqual([null, null]);
  expect(await migration.differences()).toEqual([]);
});

test.concurrent('connections that break after the write took effect, before it, or never answer, and a full disk: nothing is lost or doubled', async () => {
  await using qdrant = await startOwnQdrant();
  await using fleet = await startFleet({ ...slowProvider, qdrant });
  const { api } = fleet;
  const { faults } = qdrant.local;
  const migration = await documentMigration(fleet, { points, model: 'stub' });
  const upserts = { method: 'PUT', path: /\/points$/ };
  faults.add({ match: upserts, effect: 'drop-after', skip: 3, times: 4 });
  faults.add({ match: upserts, effect: 'drop-before', skip: 10, times: 3 });
  faults.add({ match: upserts, effect: { status: 507, body: '{"status":{"error":"No space left on device"}}' }, skip: 15, times: 3 });
  const full = 'Service internal error: No space left on device (os error 28)';
  faults.add({ match: upserts, effect: { status: 500, body: JSON.stringify({ status: { error: full } }) }, skip: 18, times: 3 });
  faults.add({ match: upserts, effect: 'hang', skip: 22, times: 1 });
  faults.add({ match: { path: /\/points\/scroll$/ }, effect: 'drop-after', skip: 5, times: 3 });
  const { id } = await api.submit(migration.spec);
  const { progress } = await api.until(id, 'ready');
  expect(faults.list()).toEqual([]);
  expect(progress).toMatchObject({ setAside: 0, ranges: { failed: 0 } });
  expect(await migration.differences()).toEqual([]);
  // The alias moved, and nobody was told.
  faults.add({
    match: { path: '/collections/aliases', bodyIncludes: `"alias_name":"${migration.alias}"` },
    effect: 'drop-after',
    times: 1,
  });
  await api.command(id, 'switch');
  await api.until(id, 'observing');
  expect(faults.list()).toEqual([]);
  expect((await fleet.http.aliases())[migration.alias]).toBe(migration.target);
  expect(await migration.differences()).toEqual([]);
});

test.concurrent('requests that are too large, for a proxy, for the server or for strict mode: batches are halved and go on', async () => {
  await using qdrant = await startOwnQdrant();
  await using fleet = await startFleet({ qdrant });
  const { api, http } = fleet;
  const { faults } = qdrant.local;
  const migration = await documentMigration(fleet, { points: 500 });
  const upserts = { method: 'PUT', path: /\/points$/ };
  faults.add({ match: upserts, effect: { status: 413, body: '<html>413 Request Entity Too Large</html>' }, skip: 2, times: 5 });
  const words = 'JSON payload (33554433 bytes) is larger than allowed (limit: 33554432 bytes).';
  faults.add({ match: upserts, effect: { status: 400, body: JSON.stringify({ status: { error: words } }) }, skip: 8, times: 3 });
  const { id } = await api.submit(migration.spec);
  const strict = await eventually('the target is there', async () => ((await http.names()).includes(migration.target) ? true : null));
  expect(strict).toBe(true);
  await http.call('PATCH', `/collections/${migration.target}`, { strict_mode_config: { enabled: true, upsert_max_batchsize: 4 } });
  const { progress } = await api.until(id, 'ready');
  expect(faults.list()).toEqual([]);
  expect(progress).toMatchObject({ setAside: 0, ranges: { failed: 0 } });
  await putPoints(http, migration.source, somePoints(560, 'mixed').slice(500));
  await api.command(id, 'switch');
  const { progress: after } = await api.until(id, 'observing');
  expect(after.setAside).toBe(0);
  expect(await migration.differences()).toEqual([]);
});

test.concurrent('points deleted between read and write, and a source that grows faster than it is copied', async () => {
  await using qdrant = await startOwnQdrant();
  await using fleet = await startFleet({ ...slowProvider, qdrant, workers: 0 });
  const { api, http } = fleet;
  const migration = await documentMigration(fleet, { points: 300, ids: 'integers', model: 'stub' });
  const spec = { ...migration.spec, sync: { maxDeleteShare: 0.5 } };
  const worker = await fleet.startWorker({ at: 'before', act: 'points.insertOnly', how: 'hold' });
  const { id } = await api.submit(spec);
  const [, first] = /"kind":"integer","id":"(\d+)"/.exec(await worker.hit()) ?? [];
  const from = Number(first);
  const gone = Array.from({ length: 20 }, (_, at) => from + at);
  await http.call('POST', `/collections/${migration.source}/points/delete?wait=true`, { points: gone });
  const more = somePoints(4_000, 'integers').slice(300);
  // Thirteen times as many as there were, while hardly any is copied.
  for (let at = 0; at < more.length; at += 500) await putPoints(http, migration.source, more.slice(at, at + 500));
  worker.release();
  await fleet.startWorker();
  const { progress } = await api.until(id, 'ready');
  expect(progress.ranges.failed).toBe(0);
  expect(await http.count(migration.target)).toBe(4_000 - gone.length);
  expect(await migration.differences()).toEqual([]);
});

async function copied({ http }: Fleet, target: string, count: number): Promise<void> {
  await eventually(`${count} points are copied`, async () => {
    const there = (await http.names()).includes(target) ? await http.count(target) : 0;
    return there >= count ? there : null;
  });
}
