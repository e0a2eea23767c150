import { metadataKeys } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import { ReembedError } from '../domain/error.ts';
import { anotherFleet, buildSpec, startFleet } from '../stages/fleet.fixture.ts';
import { command } from './commands.ts';
import { submit } from './submit.ts';

describe('submit', () => {
  it('creates a migration and queues its first stage', async () => {
    const on = await startFleet();
    const { how, migration } = await on.submit();
    expect(how).toBe('created');
    expect(migration).toMatchObject({ id: 'm1', phase: 'preparing', phaseNumber: 1, owner: 'fleet' });
    expect(on.state.stageQueue.jobs).toEqual([{ migrationId: 'm1', phaseNumber: 1 }]);
    expect(on.state.events.published).toMatchObject([{ id: 'm1', event: { type: 'phase', phase: 'preparing' } }]);
  });

  it('throws every blocker at once and stores nothing', async () => {
    const on = await startFleet();
    const spec = buildSpec({ source: { collection: 'nope' }, target: { collection: 'docs', alias: null } });
    await expect(on.submit(spec)).rejects.toMatchObject({
      code: 'plan-blocked',
      issues: [{ field: 'source.collection' }, { field: 'target.collection' }],
    });
    expect(await on.state.migrations.list()).toEqual([]);
  });

  it.each(['preparing', 'copying', 'ready'] as const)('answers the same spec with the migration that is %s', async (phase) => {
    const on = await startFleet();
    await on.submit();
    await on.until(phase);
    expect(await on.submit(buildSpec({ name: 'again', copy: { streams: 1 } }))).toMatchObject({ how: 'running', migration: { id: 'm1' } });
  });

  it('refuses another spec on the same target or alias', async () => {
    const on = await startFleet();
    await on.submit();
    for (const target of [{ collection: 'docs_v2' }, { collection: 'docs_v3', alias: 'docs' }]) {
      await expect(on.submit(buildSpec({ target }))).rejects.toMatchObject({ code: 'wrong-state', message: expect.stringContaining('m1') });
    }
  });

  it('answers a repeated key with the first migration, and refuses it for another spec', async () => {
    const on = await startFleet();
    await submit(on.deps, buildSpec(), { idempotencyKey: 'key' });
    expect(await submit(on.deps, buildSpec(), { idempotencyKey: 'key' })).toMatchObject({ how: 'repeated', migration: { id: 'm1' } });
    await expect(submit(on.deps, buildSpec({ name: 'other' }), { idempotencyKey: 'key' })).rejects.toMatchObject({
      code: 'idempotency-conflict',
    });
  });

  it('makes one migration of two submissions at the same moment', async () => {
    const on = await startFleet();
    const both = await Promise.all([on.submit(), on.submit()]);
    expect(both.map(({ how }) => how).sort()).toEqual(['created', 'running']);
    expect(new Set(both.map(({ migration }) => migration.id)).size).toBe(1);
  });

  it('knows its migration after the switch too, with the source given by the alias that has moved', async () => {
    const on = await startFleet();
    const byAlias = buildSpec({ source: { collection: 'docs' }, switch: { mode: 'auto' } });
    await on.submit(byAlias);
    await on.settle();
    expect(await on.alias()).toBe('docs_v2');
    expect(await on.submit(byAlias)).toMatchObject({ how: 'running', migration: { id: 'm1', phase: 'observing' } });
    expect(await submit(anotherFleet(on.deps), byAlias, { takeOver: true })).toMatchObject({
      how: 'adopted',
      migration: { id: 'm1', phase: 'observing' },
    });
  });

  it.each([
    ['copying', 'copying', 2],
    ['verifying', 'verifying', 1],
    ['ready', 'verifying', 2],
  ] as const)('takes a migration over that was %s, as %s, behind a new fence wherever it writes', async (phase, as, epoch) => {
    const on = await startFleet();
    await on.submit();
    const { phaseNumber } = await on.until(phase);
    await on.step();
    const deps = anotherFleet(on.deps);
    const { how, migration } = await submit(deps, buildSpec(), { takeOver: true });
    expect(how).toBe('adopted');
    expect(migration).toMatchObject({ id: 'm1', phase: as, epoch, claimed: true, owner: 'another fleet' });
    expect(migration.phaseNumber).toBeGreaterThanOrEqual(phaseNumber);
    const target = await on.stores.collections.describe('docs_v2');
    expect(target?.metadata).toMatchObject({ reembed: { owner: 'another fleet' }, 'reembed.phase': { phase: as, owner: 'another fleet' } });
    expect(Object.keys(migration.witness)).toEqual(['new']);
  });

  it.each(['switching', 'observing', 'inserting-late', 'rolling-back', 'completing'] as const)(
    'sends nothing back to copying, with Redis gone, that was %s',
    async (phase) => {
      const on = await startFleet();
      const spec = buildSpec({ switch: { mode: 'auto' } });
      await on.submit(spec);
      await on.settle();
      const last = (await on.stores.collections.describe('docs_v2'))?.metadata[metadataKeys.phase] as object;
      await on.stores.collections.patch('docs_v2', { metadata: { [metadataKeys.phase]: { ...last, phase } } });
      const { how, migration } = await submit(anotherFleet(on.deps), spec, { takeOver: true });
      expect([how, migration.phase]).toEqual(['adopted', phase === 'switching' ? 'switching' : 'observing']);
    },
  );

  it('does not adopt for another spec', async () => {
    const on = await startFleet();
    await on.submit();
    await on.until('ready');
    const other = buildSpec({ vectors: { '': { keep: '' }, new: { embed: { model: 'fake/4', text: 'T {{body}}' } } } });
    await expect(submit(anotherFleet(on.deps), other)).rejects.toMatchObject({
      code: 'wrong-state',
      message: expect.stringMatching(/belongs to migration m1 .*vectors\."new"\.embed\.text: "{{body}}" -> "T {{body}}"/),
    });
  });

  it('does not adopt what was cancelled', async () => {
    const on = await startFleet();
    await on.submit();
    await on.until('copying');
    await on.step();
    await command(on.deps, 'm1', 'cancel');
    await on.settle();
    await expect(submit(anotherFleet(on.deps), buildSpec())).rejects.toMatchObject({ code: 'plan-blocked' });
  });

  it('takes a new migration on the same names once the old one is cancelled and its target deleted', async () => {
    const on = await startFleet();
    await on.submit();
    await on.until('copying');
    await command(on.deps, 'm1', 'cancel');
    await on.settle();
    await on.stores.collections.drop('docs_v2');
    expect(await on.submit()).toMatchObject({ how: 'created', migration: { id: 'm2' } });
    await on.settle();
    expect((await on.load('m2')).phase).toBe('ready');
  });

  it('gives the names of what has ended away before it has cleared up, but not before its end is announced', async () => {
    const on = await startFleet();
    await on.submit();
    await on.until('copying');
    await command(on.deps, 'm1', 'cancel');
    await on.until('cancelled');
    await on.stores.collections.drop('docs_v2');
    await expect(on.submit()).rejects.toMatchObject({ code: 'wrong-state', message: expect.stringContaining('lets go of it in a moment') });
    const remove = () => Promise.reject(new ReembedError('redis-unreachable', 'away'));
    await on.step({ rangeQueue: { ...on.deps.rangeQueue, remove } });
    const { how, migration } = await on.submit();
    expect(how).toBe('created');
    await on.settle();
    expect((await on.load(migration.id)).phase).toBe('ready');
  });
});
