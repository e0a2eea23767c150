import { expect, test } from 'vitest';
import { type DocumentMigration, documentMigration } from '../support/document-migration.ts';
import { eventually } from '../support/eventually.ts';
import { type Fleet, startFleet } from '../support/fleet.ts';

/** Slow enough that the copy is under way when the word comes: each request to the model takes that long. A lock that is lost would have pages paid twice. */
const slow = { workers: 1, lockMs: 15_000, stub: { latencyMs: 150 } } as const;
/** What one worker may have under way: four ranges of three pages, a page being one request. */
const underWay = 4 * 3;

test('pause takes effect within a batch and counts no try; resume goes on where it was', async () => {
  await using fleet = await startFleet(slow);
  const { api, stub } = fleet;
  const { id, migration } = await midway(fleet);
  await api.command(id, 'pause');
  const asked = stub.log.length;
  await api.until(id, 'paused');
  expect(stub.log.length - asked).toBeLessThanOrEqual(underWay);
  expect(await fencesOf(fleet, id)).toEqual([]);
  expect((await triesCounted(fleet, id)).filter((tries) => tries > 0)).toEqual([]);
  const [atRest, requests] = [await fleet.http.count(migration.target), stub.log.length];
  const { status, body } = await api.refusedCommand(id, 'switch');
  expect({ status, code: body.code }).toEqual({ status: 409, code: 'wrong-state' });
  expect(body.message).toContain('possible now: resume, cancel');
  expect([await fleet.http.count(migration.target), stub.log.length]).toEqual([atRest, requests]);
  expect(atRest).toBeLessThan(migration.points);
  await api.command(id, 'resume');
  const { progress } = await api.until(id, 'ready');
  expect(progress.ranges.failed).toBe(0);
  // What was stored at the pause was not paid again: at most the pages that were under way were.
  expect(sentTexts(fleet)).toBeLessThanOrEqual(migration.points + underWay * 25);
  expect(await migration.differences()).toEqual([]);
});

test('cancel leaves source and alias as they were, and says what remains', async () => {
  await using fleet = await startFleet(slow);
  const { api, http, stub } = fleet;
  const { id, migration } = await midway(fleet);
  const { source, target, alias } = migration;
  const before = await http.scroll(source);
  await api.command(id, 'cancel');
  const asked = stub.log.length;
  const { next } = await api.until(id, 'cancelled');
  expect(stub.log.length - asked).toBeLessThanOrEqual(underWay);
  expect(next).toContain(target);
  expect(next).toContain(`--confirm ${target}`);
  expect(await http.scroll(source)).toEqual(before);
  const standing = Object.entries(await http.aliases()).filter(([, collection]) => collection === source || collection === target);
  expect(standing).toEqual([[alias, source]]);
  const { status, body } = await api.refused(migration.spec);
  expect({ status, code: body.code }).toEqual({ status: 422, code: 'plan-blocked' });
  expect(body.issues?.[0]).toMatchObject({ field: 'target.collection', value: target });
  await http.call('DELETE', `/collections/${target}`);
  const again = await api.submit(migration.spec);
  expect(again.how).toBe('created');
  await api.until(again.id, 'ready');
  expect(await migration.differences()).toEqual([]);
});

test('SIGTERM hands the ranges of a worker back within a batch and counts no try', async () => {
  await using fleet = await startFleet({ ...slow, workers: 0 });
  const { api } = fleet;
  const worker = await fleet.startWorker();
  const { id, migration } = await midway(fleet);
  worker.signal('SIGTERM');
  expect(await worker.exited()).toBe(0);
  // It was stopped with most of the work before it; its ranges may all have ended in that very moment.
  expect(await fleet.http.count(migration.target)).toBeLessThan(migration.points);
  expect((await triesCounted(fleet, id)).filter((tries) => tries > 0)).toEqual([]);
  await fleet.startWorker();
  const { progress } = await api.until(id, 'ready');
  expect(progress.ranges.failed).toBe(0);
  expect(await migration.differences()).toEqual([]);
});

/** A migration with something copied and most of it still to come. */
async function midway(fleet: Fleet): Promise<{ id: string; migration: DocumentMigration }> {
  const { api, http } = fleet;
  const migration = await documentMigration(fleet, { points: 1_500, model: 'stub' });
  const { id } = await api.submit(migration.spec);
  await api.until(id, 'copying');
  const copied = await eventually('a tenth is copied', async () => {
    const count = await http.count(migration.target);
    return count >= 150 ? count : null;
  });
  expect(copied).toBeLessThan(1_200);
  return { id, migration };
}

async function fencesOf({ http }: Fleet, id: string): Promise<string[]> {
  return Object.keys(await http.aliases()).filter((alias) => alias.startsWith(`reembed.${id}.`));
}

/** By range that was taken up and is not finished: the tries counted against it. */
async function triesCounted({ connections, redis }: Fleet, id: string): Promise<number[]> {
  const open = await connections.requests.hvals(`${redis.prefix}:pass:${id}:1:open`);
  return open.map((record) => JSON.parse(record).a);
}

function sentTexts({ stub }: Fleet): number {
  return stub.log.flatMap(({ texts }) => texts).filter((text) => text.startsWith('Document ')).length;
}
