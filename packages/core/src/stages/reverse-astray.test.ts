import { describe, expect, it } from 'vitest';
import { adoptTarget } from '../commands/adopt.ts';
import { fenceOf } from '../domain/migration.ts';
import { after, before, newVector, old, readyFleet, switched, writeToNew } from './reverse-fleet.fixture.ts';

type Fleet = Awaited<ReturnType<typeof switched>>;

/** A worker that slept in the middle of a page, and its write once it wakes. */
async function sleepingWorker(on: Fleet) {
  const fence = fenceOf({ id: 'm1', epoch: (await on.load()).epoch, isReversed: true });
  expect(await on.aliases()).toHaveProperty([fence]);
  const written = { id: { kind: 'integer', id: '1' } as const, payload: '{"body":"of before"}', vectors: { '': '[0,0,0,1]' } };
  return () => on.stores.points.updateOnly(fence, [written]);
}

describe('a worker of reverse sync that slept writes nothing more to the old collection', () => {
  it('once readers and writers are led there, however long a rest is: the fence is closed, once, and opens when they have left', async () => {
    const on = await switched();
    const wakes = await sleepingWorker(on);
    await on.stores.collections.pointAlias('docs', 'docs_v1');
    await on.followBack();
    expect((await on.load()).waiting?.reason).toContain('is in use through the alias "docs"');
    await expect(wakes()).rejects.toMatchObject({ code: 'qdrant-not-found' });
    const { phaseNumber, epoch } = await on.load();
    for (let looks = 0; looks < 5; looks++) await on.step();
    expect(await on.load()).toMatchObject({ phaseNumber, epoch });
    await on.stores.collections.pointAlias('docs', 'docs_v2');
    writeToNew(on);
    const last = (await on.load()).reverseLag?.at;
    for (let rounds = 0; (await on.load()).reverseLag?.at === last && rounds < 100; rounds++) {
      await on.step();
      await on.work();
    }
    expect(on.read('docs_v1')).toHaveProperty('8');
  });

  it.each([
    ['a rollback of an alias that was taken back by hand', (on: Fleet) => on.stores.collections.pointAlias('docs', 'docs_v1')],
    ['a rollback from a new collection that somebody deleted', (on: Fleet) => on.stores.collections.drop('docs_v2')],
  ])('after %s', async (_, happens) => {
    const on = await switched();
    const wakes = await sleepingWorker(on);
    await happens(on);
    expect(await on.say('rollback')).toMatchObject({ phase: 'rolled-back' });
    await expect(wakes()).rejects.toMatchObject({ code: 'qdrant-not-found' });
    expect(await on.alias()).toBe('docs_v1');
  });
});

it('another collection of the old name is not deleted by the word to complete, as the message says that names it', async () => {
  const on = await switched();
  await on.stores.collections.drop('docs_v1');
  await on.stores.collections.create('docs_v1', { vectors: { size: 4, distance: 'Dot' } });
  on.stores.put('docs_v1', [before(99, 'a stranger')]);
  await on.followBack();
  expect((await on.load()).waiting?.reason).toContain('`reembed complete m1 --confirm docs_v1` ends the migration');
  expect(await on.say('complete', { confirm: 'docs_v1' })).toMatchObject({ phase: 'completed' });
  expect(Object.keys(on.read('docs_v1'))).toEqual(['99']);
});

it('the word that a refused rollback names may be said at once', async () => {
  const points = Array.from({ length: 30 }, (_, n) => before(n + 1));
  const on = await switched({ points, spec: { sync: { maxDeleteShare: 0.1 } } });
  on.stores.remove(
    'docs_v2',
    points.slice(0, 15).map(({ id }) => id),
  );
  const refused = await on.say('rollback');
  expect(refused).toMatchObject({ phase: 'observing', waiting: null, error: { code: 'deletes-need-approval' } });
  expect(refused.error?.message).toContain('`reembed resume m1 --allow-deletes 15`');
  expect(await on.say('resume', { allowDeletes: 15 })).toMatchObject({ error: null });
  expect(await on.say('rollback')).toMatchObject({ phase: 'rolled-back', rollback: null });
  expect(on.stores.pointsOf('docs_v1')).toHaveLength(15);
});

it('a point that was set aside before the switch, and was written to the new collection since, is deleted with it', async () => {
  const points = [...Array.from({ length: 6 }, (_, n) => before(n + 1)), before(7, 'REFUSED by the new model')];
  const on = await readyFleet({ points, fleet: { others: [old], embedder: { vectorOf: newVector } } });
  await on.state.setAside.accept('m1', { all: true });
  await on.say('switch');
  on.stores.put('docs_v2', [after(7, 'mended')]);
  await on.followBack();
  expect(on.read('docs_v1')).toMatchObject({ '7': { body: 'mended' } });
  on.stores.remove('docs_v2', [{ kind: 'integer', id: '7' }]);
  await on.followBack();
  expect(on.read('docs_v1')).not.toHaveProperty('7');
  expect(await on.say('rollback')).toMatchObject({ phase: 'rolled-back', rollback: null });
});

it('what was written to the new collection survives that its metadata and Redis are lost after the alias was taken back by hand', async () => {
  const on = await switched();
  writeToNew(on);
  const there = on.read('docs_v2');
  await on.stores.collections.pointAlias('docs', 'docs_v1');
  await on.stores.collections.patch('docs_v2', { metadata: { 'reembed.phase': null } });
  on.loseRedis();
  await adoptTarget(on.deps, 'docs_v2', { rebuildMetadata: true });
  for (let rounds = 0; rounds < 30; rounds++) {
    await on.step();
    await on.work();
  }
  expect(on.read('docs_v2')).toEqual(there);
  expect(await on.say('rollback')).toMatchObject({ phase: 'rolled-back', rollback: { writes: 3 } });
});

describe('nobody is waited for who cannot be there', () => {
  /** How long steps slept for writers, in ms of the fleet's clock. */
  function slept(on: Fleet) {
    const { sleep } = on.deps.clock;
    let ms = 0;
    Object.assign(on.deps.clock, {
      sleep: async (forMs: number) => {
        ms += forMs;
        return sleep(forMs);
      },
    });
    return () => ms;
  }

  it('by a rollback that gives up writes, said once another was refused: it takes the alias back at once', async () => {
    const on = await switched();
    on.stores.put('docs_v2', [after(8, 'REFUSED by every model')]);
    expect(await on.say('rollback')).toMatchObject({ phase: 'observing', rollback: { writes: 1 } });
    const forMs = slept(on);
    expect(await on.say('rollback', { loseWrites: 1 })).toMatchObject({ phase: 'rolled-back' });
    expect(forMs()).toBe(0);
  });

  it('by complete', async () => {
    const on = await switched();
    const forMs = slept(on);
    expect(await on.say('complete', { confirm: 'docs_v1' })).toMatchObject({ phase: 'completed' });
    expect(forMs()).toBe(0);
  });

  it('but the longest time of a request passes where Redis was lost, and with it who wrote', async () => {
    const on = await switched();
    on.loseRedis();
    await adoptTarget(on.deps, 'docs_v2');
    const forMs = slept(on);
    expect(await on.say('complete', { confirm: 'docs_v1' })).toMatchObject({ phase: 'completed' });
    expect(forMs()).toBeGreaterThanOrEqual(on.deps.requestTimeoutMs);
  });
});
