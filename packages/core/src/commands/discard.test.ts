import { describe, expect, it } from 'vitest';
import { ReembedError } from '../domain/error.ts';
import { anotherFleet, startFleet } from '../stages/fleet.fixture.ts';
import { command } from './commands.ts';
import { discard } from './discard.ts';
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
