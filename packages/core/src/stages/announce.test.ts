import { buildMigration, createFakeClock, createFakeState, createFakeStores } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import type { Migration } from '../domain/migration.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { announce, phaseMetadata } from './announce.ts';

async function fixture(change: Partial<Migration> = {}, stored: Partial<Migration> | null = {}) {
  const stores = createFakeStores();
  const clock = createFakeClock();
  const state = createFakeState({ clock });
  const migration = buildMigration({ id: 'm', target: 'docs_v2', phase: 'copying', phaseNumber: 5, claimed: true, ...change });
  await state.migrations.insert(migration);
  if (stored !== null) {
    const metadata = { reembed: { id: stored.id ?? 'm' }, 'reembed.phase': phaseMetadata({ ...migration, phaseNumber: 4, ...stored }) };
    await stores.collections.create('docs_v2', { vectors: {}, metadata });
  }
  const deps = {
    ...state,
    collections: stores.collections,
    clock,
    coordinatorName: () => 'here',
    endsWith: null,
    requestTimeoutMs: 1_000,
  } as unknown as CoordinatorDeps;
  const phase = async () => (await stores.collections.describe('docs_v2'))?.metadata['reembed.phase'];
  return { deps, clock, migration, phase, load: () => state.migrations.load('m'), acts: stores.acts };
}

describe('announce', () => {
  it('writes the phase with its number, epoch and owner, once', async () => {
    const on = await fixture({ epoch: 3 });
    await announce(on.deps, on.migration);
    expect(await on.phase()).toMatchObject({ number: 5, phase: 'copying', epoch: 3, owner: 'fleet', resumeTo: null });
    expect((await on.load())?.announced).toBe(5);
    await announce(on.deps, { ...on.migration, announced: 5 });
    expect(on.acts.filter((act) => act.startsWith('patch'))).toHaveLength(1);
  });

  it.each<[string, Partial<Migration>]>([
    ['another fleet', { owner: 'another' }],
    ['a higher number', { phaseNumber: 6 }],
  ])('gives way to %s', async (_, stored) => {
    const on = await fixture({}, stored);
    await expect(announce(on.deps, on.migration)).rejects.toMatchObject({ code: 'superseded' });
    expect(on.acts).toEqual(['create docs_v2']);
    expect((await on.load())?.announced).toBe(0);
  });

  it('gives way to another fleet also in a phase announced long ago', async () => {
    const on = await fixture({ announced: 5 }, { owner: 'another', phaseNumber: 6 });
    await expect(announce(on.deps, on.migration)).rejects.toMatchObject({ code: 'superseded' });
  });

  it('takes nothing back that another fleet went on with while it slept between its look and its word', async () => {
    const on = await fixture();
    const taken = phaseMetadata({ ...on.migration, owner: 'another', phaseNumber: 9, phase: 'observing' });
    let slept = false;
    const describe: typeof on.deps.collections.describe = async (name) => {
      const seen = await on.deps.collections.describe(name);
      if (slept) return seen;
      slept = true;
      on.clock.advance(3_600_000);
      await on.deps.collections.patch(name, { metadata: { 'reembed.phase': taken } });
      return seen;
    };
    const sleeping = announce({ ...on.deps, collections: { ...on.deps.collections, describe } }, on.migration);
    await expect(sleeping).rejects.toMatchObject({ code: 'superseded' });
    expect(await on.phase()).toEqual(taken);
  });

  it('gives way where another fleet writes at the same moment', async () => {
    const on = await fixture();
    const patch: typeof on.deps.collections.patch = async (name, body) => {
      await on.deps.collections.patch(name, body);
      await on.deps.collections.patch(name, { metadata: { 'reembed.phase': phaseMetadata({ ...on.migration, owner: 'another' }) } });
    };
    const racing = announce({ ...on.deps, collections: { ...on.deps.collections, patch } }, on.migration);
    await expect(racing).rejects.toMatchObject({ code: 'superseded' });
    expect((await on.load())?.announced).toBe(0);
  });

  it.each<[string, Partial<Migration> | null]>([
    ['is gone', null],
    ['is no longer its own', { id: 'another' }],
  ])('says so where the target %s', async (words, stored) => {
    const on = await fixture({}, stored);
    await expect(announce(on.deps, on.migration)).rejects.toMatchObject({
      code: 'qdrant-not-found',
      message: expect.stringContaining(words),
    });
  });

  it.each(['failed', 'cancelling', 'cancelled'] as const)('needs no target to be %s', async (phase) => {
    const on = await fixture({ phase }, null);
    await announce(on.deps, on.migration);
    expect((await on.load())?.announced).toBe(5);
  });

  it('waits with the announcement while there is no target yet', async () => {
    const on = await fixture({ phase: 'preparing', phaseNumber: 1, claimed: false }, null);
    await announce(on.deps, on.migration);
    expect((await on.load())?.announced).toBe(0);
  });
});
