import type { MigrationView, PointId, SubmitReply } from '@reembed/contracts';
import { expect, test } from 'vitest';
import { renderedText } from '../support/document-migration.ts';
import { eventually } from '../support/eventually.ts';
import { type Fleet, startFleet } from '../support/fleet.ts';
import { type LiveMigration, liveMigration } from '../support/live-migration.ts';

const points = 300;
const slow = { ownRedis: true, stub: { latencyMs: 60 } } as const;

test.concurrent('FLUSHALL under a live writer while copying and while ready: adopted, it ends right and embeds only what is not stored', async () => {
  await using fleet = await startFleet(slow);
  const { api, http, stub } = fleet;
  const live = await liveMigration(fleet, { points, seed: 11, writesPerSecond: 15 });
  await using writer = live.writer;
  // About half of the points, and no more until Redis is lost.
  const letGo = stub.holdAfter(points / 2);
  const { id } = await api.submit(live.spec);
  await eventually('some points are copied', async () => {
    const there = (await http.names()).includes(live.target) ? await http.count(live.target) : 0;
    return there >= 100 ? there : null;
  });
  const again = async () => {
    letGo();
    return api.submit(live.spec);
  };
  expect(await loseRedis(fleet, live, again)).toMatchObject({ id, how: 'adopted', phase: 'copying' });
  await api.until(id, 'ready');
  await writer.wrote(1);
  const { how, phase } = await loseRedis(fleet, live, () => adopt(fleet, live.target));
  expect(how).toBe('adopted');
  // Ready by its record, or compared once more where that was not written yet.
  expect(['ready', 'verifying', 'syncing']).toContain(phase);
  await api.until(id, 'ready');
  await api.command(id, 'switch', { acceptLateWrites: true });
  await endsRight(fleet, live, await api.until(id, 'observing'));
});

test.concurrent('FLUSHALL under a live writer with the coordinator killed before the alias moves: it goes on as a switch, from what is stored', async () => {
  await using fleet = await startFleet({ ...slow, coordinators: 0 });
  const { api, http } = fleet;
  const live = await liveMigration(fleet, { points, seed: 12, writesPerSecond: 15 });
  await using _writer = live.writer;
  const id = await killedAtTheAlias(fleet, live, 'before');
  expect((await http.aliases())[live.alias]).toBe(live.source);
  expect(await loseRedis(fleet, live, () => submitToAnother(fleet, live))).toMatchObject({ id, how: 'adopted', phase: 'switching' });
  // The word to switch was lost with Redis: a writer's change sends it back to wait for another.
  const view = await api.until(id, 'ready', 'observing');
  if (view.phase === 'ready') await api.command(id, 'switch', { acceptLateWrites: true });
  expect(await api.phases(id)).not.toContain('copying');
  await endsRight(fleet, live, await api.until(id, 'observing'));
});

test.concurrent('FLUSHALL under a live writer just after the alias has moved, and again while observing: nothing is copied or embedded again', async () => {
  await using fleet = await startFleet({ ...slow, coordinators: 0 });
  const { api, http, redis, stub } = fleet;
  const live = await liveMigration(fleet, { points, seed: 13, writesPerSecond: 15 });
  await using writer = live.writer;
  const id = await killedAtTheAlias(fleet, live, 'after');
  expect((await http.aliases())[live.alias]).toBe(live.target);
  await writer.wrote(1);
  const asked = documentsAsked(fleet).length;
  await redis.flushAll();
  expect(await submitToAnother(fleet, live)).toMatchObject({ id, how: 'adopted', phase: 'switching' });
  const { lateWrites } = await api.until(id, 'observing');
  await redis.flushAll();
  expect(await adopt(fleet, live.target)).toMatchObject({ id, how: 'adopted', phase: 'observing' });
  // A view shows some of the ids, and of many not the same ones: how many there are is kept.
  expect(countsOf(await api.view(id))).toEqual(countsOf({ lateWrites }));
  expect(await api.phases(id)).toEqual(['observing']);
  expect(documentsAsked(fleet)).toHaveLength(asked);
  expect(stub.log.length).toBeGreaterThan(0);
  expect(writer.moved).toBe(true);
  await endsRight(fleet, live, await api.view(id));
});

/** Leads a migration to its switch with a coordinator that dies before or after it moves the alias; no other one runs. */
async function killedAtTheAlias(fleet: Fleet, live: LiveMigration, at: 'before' | 'after'): Promise<string> {
  const act = { act: 'collections.pointAlias', args: `^\\["${live.alias}",` } as const;
  const coordinator = await fleet.startCoordinator({ at, ...act, how: 'kill' });
  const { id } = await fleet.api.submit(live.spec);
  await fleet.api.until(id, 'ready');
  await live.writer.wrote(1);
  await fleet.api.command(id, 'switch', { acceptLateWrites: true });
  expect(await coordinator.hit()).toContain('pointAlias');
  expect(await coordinator.exited()).toBe('SIGKILL');
  return id;
}

/** Submits to a coordinator that has just come, and finds in Redis whatever is there by now: it knows no fleet of before, so it takes a word. */
async function submitToAnother(fleet: Fleet, { spec }: LiveMigration): Promise<SubmitReply> {
  await fleet.startCoordinator();
  return (await fleet.api.request<SubmitReply>('POST', '/v1/migrations?takeOver=true', spec)).body;
}

async function adopt({ api }: Fleet, target: string): Promise<SubmitReply> {
  return (await api.request<SubmitReply>('POST', '/v1/adoptions', { target })).body;
}

/** Empties Redis, has somebody say go on, and sees to it that no text is embedded whose vector the target had before. */
async function loseRedis(fleet: Fleet, live: LiveMigration, goOn: () => Promise<SubmitReply>): Promise<SubmitReply> {
  const { http, redis, api, stub } = fleet;
  const stored = new Set((await http.scroll(live.target)).map(({ payload }) => renderedText(JSON.parse(payload))));
  await redis.flushAll();
  const from = stub.log.length;
  const reply = await goOn();
  await api.until(reply.id, 'ready', 'observing');
  const later = stub.log.slice(from).flatMap(({ texts }) => texts);
  expect(stored.size).toBeGreaterThan(50);
  expect(later.filter((text) => stored.has(text))).toEqual([]);
  return reply;
}

function countsOf({ lateWrites: { open, findings } }: Pick<MigrationView, 'lateWrites'>): object {
  return { open, counts: Object.fromEntries(findings.map(({ kind, count }) => [kind, count])) };
}

function documentsAsked({ stub }: Fleet): string[] {
  return stub.log.flatMap(({ texts }) => texts).filter((text) => text.startsWith('Document'));
}

/** Whatever the application was told is stored is there, or listed as late. */
async function endsRight({ http, api }: Fleet, live: LiveMigration, { id, phase }: MigrationView): Promise<void> {
  expect(phase).toBe('observing');
  expect((await http.aliases())[live.alias]).toBe(live.target);
  await live.writer.wrote(1);
  await live.writer.stop();
  const { body } = await api.request<{ lateWrites: { id: PointId }[] }>('GET', `/v1/migrations/${id}/late-writes?limit=1000`);
  const late = new Set(body.lateWrites.map(({ id: one }) => (one.kind === 'uuid' ? JSON.stringify(one.id) : one.id)));
  expect((await live.lost()).filter((one) => !late.has(one))).toEqual([]);
}
