import type { Finding, MigrationView, PointId } from '@reembed/contracts';
import { expect, test } from 'vitest';
import { type Fleet, startFleet } from '../support/fleet.ts';
import { type FreezeHookServer, startFreezeHook } from '../support/freeze-hook.ts';
import { type LiveMigration, liveMigration } from '../support/live-migration.ts';

const points = 1_500;
const pagePoints = 25;
/** A lock that is lost would have a page paid twice. */
const slowProvider = { workers: 2, concurrency: 1, lockMs: 15_000, stub: { latencyMs: 150 } } as const;
const inHand = slowProvider.workers * slowProvider.concurrency * pagePoints;

test('a freeze: an application that writes all day long loses nothing, and both collections are equal when the alias moves', async () => {
  await using fleet = await startFleet(slowProvider);
  const { api, http } = fleet;
  const held: { asked: FreezeHookServer['asked']; differences: string[]; lost: string[] }[] = [];
  let live: LiveMigration | null = null;
  const theLive = () => live ?? expect.fail('the application has not started');
  await using hook = await startFreezeHook({
    writer: () => theLive().writer,
    // More than a third of the limit: the hold has to be renewed before the switch is done.
    firstHoldMs: 3_500,
    async beforeRelease() {
      const { alias, target, differences, lost } = theLive();
      if ((await http.aliases())[alias] === target) held.push({ asked: hook.asked, differences: await differences(), lost: await lost() });
    },
  });
  live = await liveMigration(fleet, { points, seed: 1, switch: { freeze: { url: hook.url, timeoutMs: 10_000 } } });
  await using writer = live.writer;
  const { id } = await api.submit(live.spec);
  await api.until(id, 'ready');
  await writer.wrote(3);
  await api.command(id, 'switch');
  const { lateWrites } = await api.until(id, 'observing');
  expect(lateWrites).toEqual({ open: 0, findings: [] });
  expect(held[0]).toMatchObject({ differences: [], lost: [] });
  const holds = hook.asked.filter(({ action }) => action === 'hold');
  expect(holds.length).toBeGreaterThan(1);
  expect(hook.asked.every(({ migration }) => migration === id)).toBe(true);
  expect(hook.asked.at(-1)).toMatchObject({ action: 'release' });
  expect(hook.lapses).toBe(0);
  // The application goes on: refused once, it moves to the new model, and its writes go to the new collection.
  await writer.wrote(3);
  expect(writer.moved).toBe(true);
  await writer.stop();
  expect(await live.lost()).toEqual([]);
  expectNothingPaidTwice(fleet, live);
});

test('no freeze: every write that the new collection lacks is listed, the missing are inserted on a word, and complete waits', async () => {
  await using fleet = await startFleet({ ...slowProvider, coordinators: 0 });
  const { api, http } = fleet;
  const live = await liveMigration(fleet, { points, seed: 2 });
  await using writer = live.writer;
  const coordinator = await fleet.startCoordinator({
    at: 'before',
    act: 'collections.pointAlias',
    args: `^\\["${live.alias}",`,
    how: 'hold',
  });
  const { id } = await api.submit(live.spec);
  await api.until(id, 'ready');
  await api.command(id, 'switch', { acceptLateWrites: true });
  await coordinator.hit();
  // Both sides have been compared, and the request that moves the alias is under way.
  await writer.wrote(2);
  coordinator.release();
  const { lateWrites } = await api.until(id, 'observing');
  expect((await http.aliases())[live.alias]).toBe(live.target);
  await writer.wrote(2);
  await writer.hold();
  const late = await lateIds(fleet, id);
  const lost = await live.lost();
  expect(lost.length).toBeGreaterThan(0);
  expect(lost.filter((one) => !late.has(one))).toEqual([]);
  expect(countOf(lateWrites)).toBe(lateWrites.open);
  expect(late.size).toBeLessThan(writer.log.length);
  expect((await api.refusedCommand(id, 'complete', { confirm: live.source })).body).toMatchObject({ code: 'wrong-state' });
  const present = await idsIn(fleet, live.target);
  const missing = lost.filter((one) => writer.documents.has(one) && !present.has(one));
  expect(missing.length).toBeGreaterThan(0);
  await settle(fleet, id, 'insert-missing');
  const inserted = await api.until(id, 'observing');
  expect(inserted.lateWrites.findings.filter(({ kind }) => kind === 'missing')).toEqual([]);
  const still = await live.lost();
  expect(missing.filter((one) => still.includes(one))).toEqual([]);
  expect(still.filter((one) => !lost.includes(one))).toEqual([]);
  writer.release();
  expect(still.length).toBeGreaterThan(0);
  expect((await api.refusedCommand(id, 'complete', { confirm: live.source })).body).toMatchObject({ code: 'wrong-state' });
  await settle(fleet, id, 'accept');
  expect((await api.view(id)).lateWrites).toEqual({ open: 0, findings: [] });
  await writer.stop();
  expect(writer.moved).toBe(true);
  await api.command(id, 'complete', { confirm: live.source });
  await api.until(id, 'completed');
  expect(await http.names()).not.toContain(live.source);
  expectNothingPaidTwice(fleet, live);
});

/** Every text is embedded once; pages in hand when the switch cuts a pass may be embedded again. Payload edits alone cost nothing. */
function expectNothingPaidTwice({ stub }: Fleet, { writer }: LiveMigration): void {
  const texts = stub.log.flatMap(({ texts }) => texts).filter((text) => text.startsWith('Document'));
  const editsOfPayload = writer.log.filter(({ kind }) => kind === 'payload').length;
  expect(texts.length).toBeGreaterThanOrEqual(points);
  expect(editsOfPayload).toBeGreaterThan(inHand);
  expect(texts.length - new Set(texts).size).toBeLessThanOrEqual(inHand);
}

function countOf({ findings }: { findings: readonly Finding[] }): number {
  return findings.reduce((sum, { count }) => sum + count, 0);
}

async function lateIds({ api }: Fleet, id: string): Promise<Set<string>> {
  const ids = new Set<string>();
  for (let cursor: string | null = '0'; cursor !== null; ) {
    const { body }: { body: LatePage } = await api.request('GET', `/v1/migrations/${id}/late-writes?limit=7&cursor=${cursor}`);
    for (const { id: late } of body.lateWrites) ids.add(late.kind === 'uuid' ? JSON.stringify(late.id) : late.id);
    cursor = body.next;
  }
  return ids;
}

type LatePage = { readonly lateWrites: { readonly id: PointId }[]; readonly next: string | null };

async function idsIn({ http }: Fleet, collection: string): Promise<Set<string>> {
  return new Set((await http.scroll(collection)).map(({ id }) => id));
}

async function settle({ api }: Fleet, id: string, act: 'insert-missing' | 'accept'): Promise<MigrationView> {
  const { status, body } = await api.request<MigrationView>('POST', `/v1/migrations/${id}/late-writes`, { act });
  expect(status).toBe(202);
  return body;
}
