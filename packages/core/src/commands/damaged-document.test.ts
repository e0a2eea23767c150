import { describe, expect, it } from 'vitest';
import { ReembedError } from '../domain/error.ts';
import { loadMigration } from '../ports/migration-document.ts';
import type { Migrations } from '../ports/state.ts';
import { buildSpec, docs, startFleet } from '../stages/fleet.fixture.ts';
import { reconcile } from '../stages/run-stage.ts';
import { adoptTarget } from './adopt.ts';
import { command } from './commands.ts';
import { discard } from './discard.ts';

const another = buildSpec({ target: { collection: 'docs_v3' }, vectors: { '': { keep: '' } }, gates: { sampledPoints: 0 } });

type On = Awaited<ReturnType<typeof startFleet>>;

/** From now on nobody can read the document of m1, until it is forgotten. */
function damage({ state }: On, code: 'document-damaged' | 'newer-version' = 'document-damaged'): void {
  const { load, list, update, remove, insert } = state.migrations;
  let damaged = true;
  const refuse = (id: string) => {
    if (damaged && id === 'm1') throw new ReembedError(code, 'm1 cannot be read');
  };
  const guarded: Partial<Migrations> = {
    async load(id) {
      refuse(id);
      return load(id);
    },
    async update(id, change) {
      refuse(id);
      return update(id, change);
    },
    list: async () => (await list()).filter(({ id }) => !damaged || id !== 'm1'),
    unreadable: async () => (damaged ? [{ id: 'm1', target: 'docs_v2', alias: 'docs', code, message: 'm1 cannot be read' }] : []),
    async remove(id) {
      await remove(id);
      if (id === 'm1') damaged = false;
    },
    insert: async (migration, key) =>
      damaged && migration.id === 'm1' ? { kind: 'taken', what: 'target', by: 'm1' } : insert(migration, key),
  };
  Object.assign(state.migrations, guarded);
  state.stageQueue.jobs.splice(0);
}

async function readyAndDamaged(code?: 'newer-version') {
  const on = await startFleet({ points: docs(30) });
  await on.submit(buildSpec({ gates: { sampledPoints: 0 } }));
  await on.settle();
  damage(on, code);
  return on;
}

describe('a migration whose document is damaged', () => {
  it('goes on from what its target says once it is adopted, and nothing that Redis had of it counts', async () => {
    const on = await readyAndDamaged();
    expect((await on.state.ranges.split('m1')).nextSeq).toBeGreaterThan(0);
    const { how, migration } = await adoptTarget(on.deps, 'docs_v2');
    expect([how, migration.id]).toEqual(['adopted', 'm1']);
    expect(await on.state.ranges.split('m1')).toMatchObject({ nextSeq: 0, done: false });
    await on.settle();
    expect((await on.load()).phase).toBe('ready');
    expect((await on.load()).verification).toMatchObject({ sourcePoints: 30, targetPoints: 30, findings: [] });
  });

  it('is meant by its target in every word, which says what is wrong', async () => {
    const on = await readyAndDamaged();
    await expect(loadMigration(on.deps, 'docs_v2')).rejects.toMatchObject({ code: 'document-damaged' });
    await expect(command(on.deps, 'm1', 'pause')).rejects.toMatchObject({ code: 'document-damaged' });
  });

  it('is forgotten by a discard where nothing else tells of it, and not while its target says that it lives', async () => {
    const on = await readyAndDamaged();
    await expect(discard(on.deps, 'm1', 'docs_v2')).rejects.toMatchObject({ code: 'wrong-state' });
    await on.stores.collections.drop('docs_v2');
    await discard(on.deps, 'm1');
    expect(await on.state.migrations.unreadable()).toEqual([]);
  });

  it('stops no other migration', async () => {
    const on = await readyAndDamaged();
    await on.submit(another);
    await reconcile(on.deps);
    await on.settle();
    expect((await loadMigration(on.deps, 'docs_v3')).phase).toBe('ready');
  });

  it('keeps the collection that it may read, unless its target tells which that is', async () => {
    const on = await readyAndDamaged();
    await on.submit(buildSpec({ ...another, target: { collection: 'docs_v3', alias: 'other' } }));
    await on.settle();
    await command(on.deps, 'docs_v3', 'switch');
    await on.settle();
    await on.stores.collections.dropAlias('docs');
    const complete = () => command(on.deps, 'docs_v3', 'complete', { confirm: 'docs_v1' });
    await expect(complete()).rejects.toThrow('is used by migration m1');
    await on.stores.collections.patch('docs_v2', { metadata: { reembed: null, 'reembed.phase': null } });
    await expect(complete()).rejects.toMatchObject({ code: 'document-damaged', message: expect.stringContaining('nothing is deleted') });
    expect(await on.stores.collections.names()).toContain('docs_v1');
  });
});

it('a target whose metadata a newer version wrote is not taken up either', async () => {
  const on = await startFleet();
  await on.submit();
  await on.settle();
  await on.stores.collections.patch('docs_v2', { metadata: { reembed: { format: 2, id: 'm1' } } });
  on.loseRedis();
  await expect(adoptTarget(on.deps, 'docs_v2')).rejects.toMatchObject({ code: 'newer-version' });
});

it('what a newer version works on is not taken up by an older one', async () => {
  const on = await readyAndDamaged('newer-version');
  const before = await on.stores.collections.describe('docs_v2');
  await expect(adoptTarget(on.deps, 'docs_v2', { takeOver: true })).rejects.toMatchObject({ code: 'newer-version' });
  await expect(discard(on.deps, 'm1', 'docs_v2')).rejects.toMatchObject({ code: 'newer-version' });
  expect(await on.stores.collections.describe('docs_v2')).toEqual(before);
});
