import type { SubmitReply } from '@reembed/contracts';
import { expect, test } from 'vitest';
import { documentMigration, renderedText } from '../support/document-migration.ts';
import { eventually } from '../support/eventually.ts';
import { type Fleet, startFleet } from '../support/fleet.ts';

const slow = { ownRedis: true, stub: { latencyMs: 100 } } as const;

test('FLUSHALL in the middle of the copy: the same spec again adopts, ends complete, and embeds only what is not stored', async () => {
  await using fleet = await startFleet({ ...slow, workers: 2 });
  const { api, http, redis, stub } = fleet;
  const migration = await documentMigration(fleet, { points: 2_000, model: 'stub' });
  const { id } = await api.submit(migration.spec);
  await copied(fleet, migration.target, 500);
  const stored = await storedTexts(fleet, migration.target);
  await redis.flushAll();
  const asked = stub.log.length;
  expect((await http.count(migration.target)) < 1_500).toBe(true);
  const reply = await api.submit(migration.spec);
  expect(reply).toMatchObject({ id, how: 'adopted', phase: 'copying' });
  await api.until(id, 'ready');
  expect(await migration.differences()).toEqual([]);
  const later = stub.log.slice(asked).flatMap(({ texts }) => texts);
  expect(later.length).toBeGreaterThan(0);
  expect(stored.size).toBeGreaterThanOrEqual(500);
  expect(later.filter((text) => stored.has(text))).toEqual([]);
});

test('a new Redis and a new fleet: the same spec adopts on a word; a changed recipe is refused, and nothing changes', async () => {
  await using before = await startFleet({ ...slow, workers: 0 });
  const migration = await documentMigration(before, { points: 1_000, model: 'stub' });
  const worker = await before.startWorker();
  const { id } = await before.api.submit(migration.spec);
  await copied(before, migration.target, 250);
  worker.signal('SIGKILL');
  await worker.exited();
  const stored = await storedTexts(before, migration.target);
  await using after = await startFleet({ ...slow, qdrant: before.qdrant, stubProvider: before.stub });
  const { api, http, stub } = after;
  const metadata = async () => ((await http.call('GET', `/collections/${migration.target}`)) as Described).config.metadata;
  const untouched = await metadata();
  const changed = { ...migration.spec, vectors: { '': { keep: '' }, new: { embed: { model: 'hash/64', text: '{{title}}' } } } };
  const { status, body } = await api.refused(changed);
  expect({ status, code: body.code }).toEqual({ status: 409, code: 'wrong-state' });
  expect(body.message).toContain(`"${migration.target}" belongs to migration ${id}`);
  expect(body.issues?.map(({ field }) => field)).toEqual(['vectors."new".embed.model', 'vectors."new".embed.text']);
  expect(await metadata()).toEqual(untouched);
  const asked = stub.log.length;
  // The first fleet lives: it takes a word.
  const taken = await api.request<SubmitReply>('POST', '/v1/migrations?takeOver=true', migration.spec);
  expect(taken.body).toMatchObject({ id, how: 'adopted' });
  await api.until(id, 'ready');
  expect(await migration.differences()).toEqual([]);
  const later = stub.log.slice(asked).flatMap(({ texts }) => texts);
  expect(later.filter((text) => stored.has(text))).toEqual([]);
  // The fleet that lost the migration sees that it is another's, and keeps its hands off.
  await before.startWorker();
  const lost = await before.api.until(id, 'failed');
  expect(lost.error?.code).toBe('superseded');
  expect((await api.view(id)).phase).toBe('ready');
  expect(await migration.differences()).toEqual([]);
});

test('after the switch a lost Redis sends nothing back to copying, whatever the source has become', async () => {
  await using fleet = await startFleet({ ownRedis: true });
  const { api, http, redis } = fleet;
  const migration = await documentMigration(fleet, { points: 300 });
  const { id } = await api.submit(migration.spec);
  await api.until(id, 'ready');
  await api.command(id, 'switch');
  await api.until(id, 'observing');
  await http.call('POST', `/collections/${migration.target}/points/delete?wait=true`, { points: [1, 3] });
  await redis.flushAll();
  expect(await api.submit(migration.spec)).toMatchObject({ id, how: 'adopted', phase: 'observing' });
  expect(await api.phases(id)).toEqual(['observing']);
  expect((await http.aliases())[migration.alias]).toBe(migration.target);
  expect(await http.count(migration.target)).toBe(298);
  await api.command(id, 'complete', { confirm: migration.source });
  await api.until(id, 'completed');
  expect(await http.count(migration.target)).toBe(298);
});

type Described = { readonly config: { readonly metadata: Record<string, unknown> } };

async function copied({ http }: Fleet, target: string, points: number): Promise<void> {
  await eventually(`${points} points are copied`, async () => {
    const there = (await http.names()).includes(target) ? await http.count(target) : 0;
    return there >= points ? there : null;
  });
}

async function storedTexts({ http }: Fleet, target: string): Promise<Set<string>> {
  return new Set((await http.scroll(target)).map(({ payload }) => renderedText(JSON.parse(payload))));
}
