import { describe, expect, it } from 'vitest';
import { ReembedError } from '../domain/error.ts';
import { anotherFleet, startFleet } from '../stages/fleet.fixture.ts';
import { releaseAll, showAlive } from '../stages/ownership.ts';
import { adoptTarget } from './adopt.ts';
import { command } from './commands.ts';
import { discard, discardMeant } from './discard.ts';
import { pruneEnded } from './prune-ended.ts';

type OnFleet = Awaited<ReturnType<typeof startFleet>>;

const day = 86_400_000;

/** How a migration comes to each of its ends. */
const ends: Readonly<Record<string, (on: OnFleet) => Promise<void>>> = {
  cancelled: async (on) => {
    await on.until('copying');
    await on.step();
    await command(on.deps, 'm1', 'cancel');
  },
  'rolled-back': async (on) => {
    await on.settle();
    await command(on.deps, 'm1', 'switch');
    await on.settle();
    await command(on.deps, 'm1', 'rollback');
  },
  failed: async (on) => {
    await on.until('copying');
    await on.step();
    await on.stores.collections.pointAlias('someone', 'docs_v2');
  },
};

async function ended(how: string): Promise<OnFleet> {
  const on = await startFleet();
  await on.submit();
  await ends[how]?.(on);
  await on.settle();
  expect((await on.load()).phase).toBe(how);
  await on.stores.collections.dropAlias('someone');
  return on;
}

describe('discard', () => {
  it.each(Object.keys(ends))('deletes the target, and all that is kept, of what is %s, on its name', async (how) => {
    const on = await ended(how);
    await expect(discard(on.deps, 'm1')).rejects.toMatchObject({
      code: 'confirmation-needed',
      message: expect.stringContaining('`reembed discard m1 --confirm docs_v2`'),
    });
    expect(await discard(on.deps, 'm1', 'docs_v2')).toEqual({ id: 'm1', deleted: 'docs_v2', forgotten: true });
    expect(await on.stores.collections.describe('docs_v2')).toBeNull();
    expect(await on.aliases()).toEqual({ docs: 'docs_v1' });
    expect(await on.state.migrations.list()).toEqual([]);
    await on.settle();
    expect(await on.submit()).toMatchObject({ how: 'created', migration: { id: 'm2' } });
  });

  it('goes by name and target as by id: what lives is refused by either, what has ended is deleted, and of what nobody knows nothing is', async () => {
    const on = await startFleet();
    await on.submit();
    await on.until('copying');
    const { name } = (await on.load()).spec;
    for (const word of ['m1', name, 'docs_v2'])
      await expect(discardMeant(on.deps, word, 'docs_v2')).rejects.toMatchObject({ code: 'wrong-state' });
    expect(await discardMeant(on.deps, 'docs_v3', 'docs_v2')).toEqual({ id: 'docs_v3', deleted: null, forgotten: false });
    await command(on.deps, 'm1', 'cancel');
    await on.settle();
    expect(await discardMeant(on.deps, name, 'docs_v2')).toEqual({ id: 'm1', deleted: 'docs_v2', forgotten: true });
    expect(await discardMeant(on.deps, 'm1', 'docs_v2')).toEqual({ id: 'm1', deleted: null, forgotten: false });
  });

  it('is the same again, also where its reply was lost at any step', async () => {
    const on = await ended('rolled-back');
    const away = () => Promise.reject(new ReembedError('qdrant-unreachable', 'away'));
    for (const broken of [
      { collections: { ...on.deps.collections, drop: away } },
      { records: { ...on.deps.records, forget: away } },
      { migrations: { ...on.deps.migrations, remove: away } },
    ])
      await expect(discard({ ...on.deps, ...broken }, 'm1', 'docs_v2')).rejects.toMatchObject({ code: 'qdrant-unreachable' });
    expect(await discard(on.deps, 'm1', 'docs_v2')).toEqual({ id: 'm1', deleted: null, forgotten: true });
    expect(await discard(on.deps, 'm1', 'docs_v2')).toEqual({ id: 'm1', deleted: null, forgotten: false });
  });

  it('leaves a target alone that another migration has taken up or made since', async () => {
    const on = await ended('rolled-back');
    await on.submit();
    await on.until('ready', 'm2');
    expect(await discard(on.deps, 'm1', 'docs_v2')).toEqual({ id: 'm1', deleted: null, forgotten: true });
    expect(await on.stores.collections.describe('docs_v2')).not.toBeNull();
  });

  it.each(['ready', 'observing'])('refuses what is %s', async (phase) => {
    const on = await startFleet();
    await on.submit();
    await on.settle();
    if (phase === 'observing') await command(on.deps, 'm1', 'switch');
    await on.settle();
    await expect(discard(on.deps, 'm1', 'docs_v2')).rejects.toMatchObject({ code: 'wrong-state', message: expect.stringContaining(phase) });
    expect(await on.stores.collections.describe('docs_v2')).not.toBeNull();
  });

  it('refuses while others use the target', async () => {
    const on = await ended('rolled-back');
    await on.stores.collections.pointAlias('someone', 'docs_v2');
    await expect(discard(on.deps, 'm1', 'docs_v2')).rejects.toMatchObject({
      code: 'wrong-state',
      message: expect.stringContaining('someone'),
    });
    expect((await on.load()).phase).toBe('rolled-back');
  });

  it('forgets what is kept of a completed one, whose collection is in use', async () => {
    const on = await startFleet();
    await on.submit();
    await on.settle();
    await command(on.deps, 'm1', 'switch');
    await on.settle();
    await command(on.deps, 'm1', 'complete', { confirm: 'docs_v1' });
    await on.settle();
    expect(await discard(on.deps, 'm1', 'docs_v2')).toEqual({ id: 'm1', deleted: null, forgotten: true });
    expect(await on.alias()).toBe('docs_v2');
  });

  it.each([
    ['no name', undefined],
    ['another name', 'docs_v1'],
  ])('asks for the name with %s also where only the target tells of the migration, and forgets nothing before', async (_, confirm) => {
    const on = await ended('rolled-back');
    const other = anotherFleet(on.deps);
    const forgotten: string[] = [];
    const records = { ...other.records, forget: async (id: string) => void forgotten.push(id) };
    await expect(discard({ ...other, records }, 'm1', confirm)).rejects.toMatchObject({ code: 'confirmation-needed' });
    expect(forgotten).toEqual([]);
  });

  it('works where only the target tells of the migration', async () => {
    const on = await ended('rolled-back');
    expect(await discard(anotherFleet(on.deps), 'm1', 'docs_v2')).toMatchObject({ deleted: 'docs_v2' });
    expect(await on.stores.collections.describe('docs_v2')).toBeNull();
  });
});

describe('discard, of what another fleet has', () => {
  async function lost(phase: 'ready' | 'observing') {
    const on = await startFleet();
    await on.submit();
    await on.settle();
    if (phase === 'observing') await command(on.deps, 'm1', 'switch');
    await on.settle();
    const other = anotherFleet(on.deps);
    await adoptTarget(other, 'docs_v2', { takeOver: true });
    return { on, other };
  }

  it.each(['before it has noticed', 'once it has'])('leaves the target alone by the fleet that lost it, %s', async (when) => {
    const { on } = await lost('ready');
    if (when === 'once it has') {
      await showAlive(on.deps);
      expect(await on.load()).toMatchObject({ error: { code: 'superseded' } });
      await on.step();
    }
    await expect(discard(on.deps, 'm1', 'docs_v2')).rejects.toMatchObject({ code: 'other-fleet' });
    expect(await on.stores.collections.describe('docs_v2')).not.toBeNull();
    expect(await on.state.migrations.load('m1')).not.toBeNull();
  });

  it('leaves what has failed to its fleet, until that has given it up', async () => {
    const on = await ended('failed');
    const other = anotherFleet(on.deps);
    await expect(discard(other, 'm1', 'docs_v2')).rejects.toMatchObject({
      code: 'other-fleet',
      message: expect.stringContaining('`reembed adopt docs_v2 --take-over`'),
    });
    await releaseAll(on.deps);
    expect(await discard(other, 'm1', 'docs_v2')).toMatchObject({ deleted: 'docs_v2' });
  });

  it('goes by the target where Redis came back older: what failed once and has switched since is in use', async () => {
    const on = await ended('failed');
    const aged = await on.load();
    await command(on.deps, 'm1', 'resume');
    await on.settle();
    await command(on.deps, 'm1', 'switch');
    await on.settle();
    await on.state.migrations.update('m1', () => aged);
    await on.stores.collections.dropAlias('docs');
    await expect(discard(on.deps, 'm1', 'docs_v2')).rejects.toMatchObject({ code: 'wrong-state' });
    expect(await on.stores.collections.describe('docs_v2')).not.toBeNull();
  });

  it('forgets it here where that fleet has ended it, and the target is gone', async () => {
    const { on, other } = await lost('observing');
    await showAlive(on.deps);
    expect(await on.load()).toMatchObject({ phase: 'observing', error: { code: 'superseded' } });
    await expect(discard(on.deps, 'm1')).rejects.toMatchObject({ code: 'other-fleet' });
    await on.stores.collections.drop('docs_v2');
    await expect(adoptTarget(on.deps, 'docs_v2')).rejects.toThrow('`reembed discard m1` forgets migration m1');
    expect(await discard(on.deps, 'm1')).toEqual({ id: 'm1', deleted: null, forgotten: true });
    expect(await on.state.migrations.list()).toEqual([]);
    expect(await other.migrations.load('m1')).not.toBeNull();
  });

  it.each([1, 2, 3, 4])('deletes nothing that was made under the name while it slept after look %i', async (look) => {
    const on = await ended('rolled-back');
    let looks = 0;
    const aliases = async () => {
      const seen = await on.deps.collections.aliases();
      if (++looks !== look) return seen;
      on.clock.advance(3_600_000);
      await discard(on.deps, 'm1', 'docs_v2');
      await on.submit();
      await on.until('ready', 'm2');
      return seen;
    };
    const sleeper = { ...on.deps, collections: { ...on.deps.collections, aliases } };
    await discard(sleeper, 'm1', 'docs_v2').catch((error: unknown) => expect(error).toMatchObject({ code: 'wrong-state' }));
    expect(looks).toBeGreaterThanOrEqual(look);
    expect(await on.load('m2')).toMatchObject({ phase: 'ready', error: null });
    expect(on.stores.pointsOf('docs_v2')).toHaveLength(7);
  });
});

describe('pruning', () => {
  it('forgets what ended long ago and nothing else, and leaves every collection', async () => {
    const on = await ended('rolled-back');
    on.clock.advance(29 * day);
    await pruneEnded(on.deps, 30 * day);
    expect(await on.state.migrations.load('m1')).not.toBeNull();
    await on.submit();
    on.clock.advance(2 * day);
    await pruneEnded(on.deps, 30 * day);
    expect((await on.state.migrations.list()).map(({ id }) => id)).toEqual(['m2']);
    on.clock.advance(99 * day);
    await pruneEnded(on.deps, 30 * day);
    expect((await on.state.migrations.list()).map(({ id }) => id)).toEqual(['m2']);
    expect(await on.stores.collections.describe('docs_v2')).not.toBeNull();
  });
});
