import { metadataKeys } from '@reembed/contracts';
import { buildMigration, createFakeClock, createFakeState, createFakeStores } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { fenceAlias, type Migration } from '../domain/migration.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { phaseMetadata } from './announce.ts';
import { closeFence, openFence } from './fence.ts';
import { buildSpec, docs, startFleet } from './fleet.fixture.ts';

async function fixture(change: Partial<Migration> = {}) {
  const stores = createFakeStores();
  await stores.collections.create('docs_v2', { vectors: {} });
  const clock = createFakeClock();
  const state = createFakeState({ clock });
  const migration = buildMigration({ id: 'm', target: 'docs_v2', phase: 'copying', phaseNumber: 2, epoch: 2, ...change });
  await state.migrations.insert(migration);
  const deps = {
    ...state,
    collections: stores.collections,
    points: stores.points,
    clock,
    requestTimeoutMs: 1_000,
  } as unknown as CoordinatorDeps;
  const aliases = async () => [...(await stores.collections.aliases()).keys()];
  const move = (to: Partial<Migration>) => state.migrations.update('m', (now) => ({ ...now, phaseNumber: now.phaseNumber + 1, ...to }));
  return { stores, state, clock, migration, deps, aliases, move };
}

describe('openFence', () => {
  it('lets the writers of this epoch in, and opening again changes nothing', async () => {
    const on = await fixture();
    expect(await openFence(on.deps, on.migration)).toBe(true);
    expect(await on.aliases()).toEqual([fenceAlias('m', 2)]);
    expect(await on.state.writers.enter('m', 2, 'h')).toBe(true);
    const acts = on.stores.acts.length;
    expect(await openFence(on.deps, on.migration)).toBe(true);
    expect(on.stores.acts).toHaveLength(acts);
  });

  it('closes the fence of an earlier epoch first, and waits for its writers', async () => {
    const on = await fixture();
    await on.state.writers.open('m', 1);
    await on.stores.collections.pointAlias(fenceAlias('m', 1), 'docs_v2');
    await on.state.writers.enter('m', 1, 'zombie');
    expect(await openFence(on.deps, on.migration)).toBe(true);
    expect(await on.aliases()).toEqual([fenceAlias('m', 2)]);
    expect(on.clock.monotonicMs()).toBe(1_000);
    expect(await on.state.writers.enter('m', 1, 'late')).toBe(false);
    expect(await on.state.writers.enter('m', 2, 'h')).toBe(true);
  });

  it('opens none for a fleet that has lost the migration while it closed what stood before', async () => {
    const on = await fixture({ claimed: true });
    await on.stores.collections.pointAlias(fenceAlias('m', 1), 'docs_v2');
    const claim = { [metadataKeys.migration]: { id: 'm', resolved: { source: 'docs_v1' } } };
    const say = (owner: string) =>
      on.stores.collections.patch('docs_v2', { metadata: { ...claim, [metadataKeys.phase]: phaseMetadata({ ...on.migration, owner }) } });
    await say(on.migration.owner);
    const clock = {
      ...on.clock,
      async sleep(ms: number) {
        await say('another fleet');
        return on.clock.sleep(ms);
      },
    };
    await expect(openFence({ ...on.deps, clock }, on.migration)).rejects.toMatchObject({ code: 'superseded' });
    expect(await on.aliases()).toEqual([]);
  });

  it('says what it waits for, and until when, where that is longer than a moment', async () => {
    const on = await fixture();
    await on.state.writers.open('m', 1);
    await on.stores.collections.pointAlias(fenceAlias('m', 1), 'docs_v2');
    await on.state.writers.enter('m', 1, 'zombie');
    const waits: unknown[] = [];
    const events = { ...on.deps.events, publish: async (_id: string, event: unknown) => void waits.push(event) };
    const until = new Date(on.clock.now().getTime() + 30_000).toISOString();
    await openFence({ ...on.deps, events, requestTimeoutMs: 30_000 }, on.migration);
    expect(waits).toEqual([expect.objectContaining({ type: 'waiting', reason: expect.stringMatching(`^until ${until} at the latest: `) })]);
    expect((await on.state.migrations.load('m'))?.waiting?.reason).toContain(until);
  });

  it('goes on in the next epoch where this one was closed meanwhile: a closed register never opens again', async () => {
    const on = await fixture();
    await on.state.writers.open('m', 2);
    await on.state.writers.close('m', 2);
    await on.stores.collections.pointAlias(fenceAlias('m', 2), 'docs_v2');
    expect(await openFence(on.deps, on.migration)).toBe(false);
    expect(await on.aliases()).toEqual([]);
    const now = await on.state.migrations.load('m');
    expect(now).toMatchObject({ phase: 'copying', phaseNumber: 3, epoch: 3 });
    expect(on.state.stageQueue.jobs).toEqual([{ migrationId: 'm', phaseNumber: 3 }]);
    expect(await openFence(on.deps, now ?? on.migration)).toBe(true);
    expect(await on.aliases()).toEqual([fenceAlias('m', 3)]);
  });

  it('leaves open what another coordinator has opened meanwhile for the same epoch', async () => {
    const on = await fixture();
    await on.state.writers.open('m', 1);
    await on.stores.collections.pointAlias(fenceAlias('m', 1), 'docs_v2');
    const late = {
      ...on.deps,
      collections: { ...on.deps.collections, aliases: onceStale(await on.deps.collections.aliases(), on.deps.collections.aliases) },
    };
    await openFence(on.deps, on.migration);
    expect(await openFence(late, on.migration)).toBe(true);
    expect(await on.state.writers.enter('m', 2, 'h')).toBe(true);
  });

  it('takes its alias away again where the migration was paused while it was made', async () => {
    const on = await fixture();
    const collections = {
      ...on.deps.collections,
      pointAlias: async (alias: string, collection: string) => {
        await on.move({ phase: 'pausing' });
        await closeFence(on.deps, on.migration);
        await on.deps.collections.pointAlias(alias, collection);
      },
    };
    expect(await openFence({ ...on.deps, collections }, on.migration)).toBe(false);
    expect(await on.aliases()).toEqual([]);
    expect(await on.state.writers.enter('m', 2, 'h')).toBe(false);
  });

  it('opens anew where the register of writers was lost, after waiting for those who may still be in', async () => {
    const on = await fixture();
    await openFence(on.deps, on.migration);
    await on.state.writers.enter('m', 2, 'forgotten');
    on.state.writers.lose('m', 2);
    expect(await openFence(on.deps, on.migration)).toBe(true);
    expect(on.clock.monotonicMs()).toBe(1_000);
    expect(await on.aliases()).toEqual([fenceAlias('m', 2)]);
    expect(await on.state.writers.enter('m', 2, 'h')).toBe(true);
  });
});

describe('closeFence', () => {
  it('drops every fence of the migration and no other alias, then flushes', async () => {
    const on = await fixture();
    for (const alias of [fenceAlias('m', 1), fenceAlias('m', 2), 'docs', 'reembed.m2.1'])
      await on.stores.collections.pointAlias(alias, 'docs_v2');
    await closeFence(on.deps, on.migration);
    expect(await on.aliases()).toEqual(['docs', 'reembed.m2.1']);
    expect(on.stores.acts.at(-1)).toBe('flush docs_v2');
  });

  it('waits until every writer has left, and no longer', async () => {
    const on = await fixture();
    await openFence(on.deps, on.migration);
    await on.state.writers.enter('m', 2, 'h');
    let slept = 0;
    const clock = {
      ...on.clock,
      sleep: async (ms: number) => {
        if (++slept === 3) await on.state.writers.leave('m', 2, 'h');
        await on.clock.sleep(ms);
      },
    };
    await closeFence({ ...on.deps, clock }, on.migration);
    expect(on.clock.sleeps).toEqual([50, 50, 50]);
    expect(on.stores.acts.slice(-2)).toEqual([`dropAlias ${fenceAlias('m', 2)}`, 'flush docs_v2']);
  });

  it('waits as long as a request may take for a writer that never leaves, and where the register was lost', async () => {
    for (const lost of [false, true]) {
      const on = await fixture();
      await openFence(on.deps, on.migration);
      await on.state.writers.enter('m', 2, 'killed');
      if (lost) on.state.writers.lose('m', 2);
      await closeFence(on.deps, on.migration);
      expect(on.clock.monotonicMs()).toBe(1_000);
    }
  });

  it('waits until the update queue is empty', async () => {
    const on = await fixture();
    await openFence(on.deps, on.migration);
    const lengths = [3, 1, 0];
    const indexing = async (name: string) => ({ ...(await on.deps.collections.indexing(name)), updateQueueLength: lengths.shift() ?? 0 });
    await closeFence({ ...on.deps, collections: { ...on.deps.collections, indexing } }, on.migration);
    expect(lengths).toEqual([]);
  });

  it('has nothing to flush where the target is gone', async () => {
    const on = await fixture();
    await on.stores.collections.drop('docs_v2');
    await closeFence(on.deps, on.migration);
    expect(on.stores.acts).not.toContain('flush docs_v2');
  });
});

/** Answers `stale` the first time, what is true afterwards. */
function onceStale<T>(stale: T, fresh: () => Promise<T>): () => Promise<T> {
  let asked = false;
  return async () => {
    if (asked) return fresh();
    asked = true;
    return stale;
  };
}

it('says that the target is gone where somebody deletes it in the moment the fence is opened', async () => {
  const on = await startFleet({ points: docs(3) });
  await on.submit(buildSpec());
  await on.until('copying');
  const pointAlias: typeof on.deps.collections.pointAlias = async (alias, collection) => {
    if (alias.startsWith('reembed.')) await on.stores.collections.drop('docs_v2');
    await on.deps.collections.pointAlias(alias, collection);
  };
  await on.step({ collections: { ...on.deps.collections, pointAlias } });
  expect((await on.load()).error).toMatchObject({
    code: 'qdrant-not-found',
    message: expect.stringContaining('the target "docs_v2" of migration m1 is gone'),
  });
});
