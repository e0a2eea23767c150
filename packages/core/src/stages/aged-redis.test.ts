import type { Phase } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import { adoptTarget } from '../commands/adopt.ts';
import { command, settleLateWrites } from '../commands/commands.ts';
import { ReembedError } from '../domain/error.ts';
import { isCurrent, updateInPhase, updateWhereItStands } from '../ports/migration-document.ts';
import { move } from './change-phase.ts';
import { openFence } from './fence.ts';
import { buildSpec, docs, startFleet } from './fleet.fixture.ts';
import { showWaiting } from './show-waiting.ts';

const renewed = buildSpec({ vectors: { '': { embed: { model: 'fake/4', text: '{{body}}' } } } });
const written = { id: { kind: 'integer', id: '100' }, payload: '{"body":"acknowledged"}', vectors: { '': '[1.0,0.0,0.0,0.0]' } } as const;

/** A migration that has switched, whose Redis then comes back as it was in `phase`. */
async function agedTo(phase: Phase) {
  const on = await startFleet({ points: docs(40) });
  await on.submit(renewed);
  await on.until(phase);
  const old = await on.load();
  await on.settle();
  await command(on.deps, 'm1', 'switch');
  await on.settle();
  expect((await on.load()).phase).toBe('observing');
  on.stores.put('docs_v2', [written]);
  await on.state.migrations.update('m1', () => old);
  await on.state.ranges.forgetPasses('m1', 1e9, []);
  for (let epoch = 0; epoch < 9; epoch++) on.state.writers.lose('m1', epoch);
  await on.deps.stageQueue.enqueue({ migrationId: 'm1', phaseNumber: old.phaseNumber });
  return on;
}

describe.each(['preparing', 'copying', 'indexing', 'verifying', 'ready'] as const)('a Redis that comes back as it was in %s', (phase) => {
  it('stops by name, is not resumed from there, and goes on from what the target says on a word', async () => {
    const on = await agedTo(phase);
    for (let n = 0; n < 30; n++) {
      await on.step();
      await on.work();
      on.clock.advance(10_000);
    }
    expect(await on.load()).toMatchObject({ phase: 'failed', error: { code: 'superseded' } });
    await expect(command(on.deps, 'm1', 'resume')).rejects.toThrow('`reembed adopt docs_v2`');
    await adoptTarget(on.deps, 'docs_v2');
    await on.settle();
    expect((await on.load()).phase).toBe('observing');
    expect(on.stores.pointsOf('docs_v2').map(({ id }) => id.id)).toContain('100');
  });
});

it('what Redis says has not ended is split anew where its ranges were let go: it came back older in the middle of that', async () => {
  const on = await startFleet({ points: docs(40) });
  await on.submit(renewed);
  await on.settle();
  await on.state.ranges.shed('m1');
  on.stores.put('docs_v1', [{ ...written, vectors: { '': '[1.0,0.0]' } }]);
  await command(on.deps, 'm1', 'switch');
  await on.settle();
  expect((await on.load()).phase).toBe('observing');
  expect(on.stores.pointsOf('docs_v2').map(({ id }) => id.id)).toContain('100');
});

it('late writes that Redis has found, and does not list any more, are looked up again: all of them are inserted on a word', async () => {
  const on = await startFleet({ points: docs(20) });
  await on.submit(renewed);
  await on.settle();
  await command(on.deps, 'm1', 'switch');
  const pointAlias: typeof on.deps.collections.pointAlias = async (alias, collection) => {
    await on.stores.collections.pointAlias(alias, collection);
    if (alias === 'docs') on.stores.put('docs_v1', docs(23).slice(20));
  };
  let aged = false;
  const listed: typeof on.deps.ranges.listed = async (id, pass, from, limit) => {
    const now = await on.deps.ranges.listed(id, pass, from, limit);
    if (aged || now.length === 0) return now;
    aged = true;
    return now.slice(0, 1);
  };
  await on.settle({ collections: { ...on.deps.collections, pointAlias }, ranges: { ...on.deps.ranges, listed } });
  expect(await on.load()).toMatchObject({ phase: 'observing', lateWrites: [{ kind: 'missing', count: 3 }] });
  await settleLateWrites(on.deps, 'm1', 'insert-missing');
  await on.settle();
  expect((await on.load()).lateWrites).toEqual([]);
  expect(on.stores.pointsOf('docs_v2')).toHaveLength(23);
});

/** Acts that a person may try on what an older Redis says. */
const acts = ['complete', 'rollback', 'switch', 'resume', 'cancel', 'pause', 'verify'] as const;
const words = { confirm: 'docs_v1', loseWrites: 100 };

/** A migration in `later`, whose Redis comes back as it was in `earlier`. */
async function agedBack(earlier: Phase, later: Phase) {
  const on = await startFleet({ points: docs(40) });
  await on.submit(renewed);
  await on.settle();
  await command(on.deps, 'm1', 'switch');
  if (earlier === 'switching') await on.until('switching');
  else await on.settle();
  const old = await on.load();
  expect(old.phase).toBe(earlier);
  await on.settle();
  if (later === 'rolled-back') await command(on.deps, 'm1', 'rollback');
  if (later === 'completed') await command(on.deps, 'm1', 'complete', words);
  await on.settle();
  expect((await on.load()).phase).toBe(later);
  await on.state.migrations.update('m1', () => old);
  await on.deps.stageQueue.enqueue({ migrationId: 'm1', phaseNumber: old.phaseNumber });
  return on;
}

describe.each<[Phase, Phase]>([
  ['switching', 'observing'],
  ['switching', 'rolled-back'],
  ['switching', 'completed'],
  ['observing', 'rolled-back'],
  ['observing', 'completed'],
])('a Redis that comes back as it was in %s, of a migration that is %s', (earlier, later) => {
  it('does nothing, whatever is asked of it and however often', async () => {
    const on = await agedBack(earlier, later);
    const [points, aliases] = [on.stores.pointsOf('docs_v2'), await on.aliases()];
    const source = await on.stores.collections.describe('docs_v1');
    for (let n = 0; n < 40; n++) {
      await on.step();
      await on.work();
      await command(on.deps, 'm1', acts[n % acts.length] ?? 'complete', words).catch((error: unknown) => {
        if (!(error instanceof ReembedError)) throw error;
      });
    }
    expect((await on.load()).error?.code).toBe('superseded');
    expect(await on.aliases()).toEqual(aliases);
    expect(on.stores.pointsOf('docs_v2')).toEqual(points);
    expect(await on.stores.collections.describe('docs_v1')).toEqual(source);
    const adopted = await adoptTarget(on.deps, 'docs_v2');
    expect(adopted.migration.phase).toBe(later);
  });
});

it.each(['comes back older', 'comes back older within the phase', 'comes back empty'])(
  'no pass has the number of one before, where Redis %s: what a worker that slept finishes counts for none',
  async (how) => {
    const on = await startFleet({ points: docs(7) });
    await on.submit(renewed);
    if (how !== 'comes back older') await on.settle();
    const old = await on.until(how === 'comes back older' ? 'copying' : 'ready');
    await on.settle();
    const before = new Set<number>();
    for (let n = 0; n < 3; n++) {
      on.clock.advance(10_007);
      await on.follow();
      before.add((await on.load()).lastPassNumber);
    }
    on.clock.advance(10_007);
    if (how === 'comes back empty') on.loseRedis();
    else await on.state.migrations.update('m1', () => old);
    if (how !== 'comes back older within the phase') await adoptTarget(on.deps, 'docs_v2');
    for (let n = 0; n < 60; n++) {
      await on.step();
      await on.work();
      const { pass } = await on.load();
      expect(before.has(pass?.number ?? 0)).toBe(false);
    }
    expect((await on.load()).lastPassNumber).toBeGreaterThan(old.lastPassNumber);
  },
);

it('the same phase number under another name is another way that was taken: it stops', async () => {
  const on = await startFleet({ points: docs(4) });
  await on.submit(renewed);
  await on.settle();
  const { phaseNumber } = await on.load();
  const info = await on.stores.collections.describe('docs_v2');
  const phase = { ...(info?.metadata['reembed.phase'] as object), number: phaseNumber + 1, phase: 'switching' };
  await on.stores.collections.patch('docs_v2', { metadata: { 'reembed.phase': phase } });
  await expect(command(on.deps, 'm1', 'verify')).rejects.toMatchObject({ code: 'superseded' });
  await move(on.deps, await on.load(), 'verifying');
  await on.settle();
  expect(await on.load()).toMatchObject({ phase: 'failed', error: { code: 'superseded' } });
});

it('a migration that was cancelled meanwhile is ended by the word that its error names', async () => {
  const on = await startFleet({ points: docs(4) });
  await on.submit(renewed);
  await on.settle();
  const old = await on.load();
  await command(on.deps, 'm1', 'cancel');
  await on.settle();
  await on.state.migrations.update('m1', () => old);
  await on.deps.stageQueue.enqueue({ migrationId: 'm1', phaseNumber: old.phaseNumber });
  await on.step();
  expect(await on.load()).toMatchObject({ phase: 'failed', error: { code: 'superseded' } });
  await adoptTarget(on.deps, 'docs_v2');
  await on.settle();
  expect(await on.load()).toMatchObject({ phase: 'cancelled', error: null });
});

it('a cancel during which Redis came back empty is ended by adopt, and leaves no fence', async () => {
  const on = await startFleet({ points: docs(4) });
  await on.submit(renewed);
  await on.settle();
  await command(on.deps, 'm1', 'cancel');
  await on.until('cancelled');
  on.loseRedis();
  await on.stores.collections.pointAlias('reembed.m1.2', 'docs_v2');
  await adoptTarget(on.deps, 'docs_v2');
  await on.settle();
  expect(await on.load()).toMatchObject({ phase: 'cancelled', error: null });
  expect(Object.keys(await on.aliases())).toEqual(['docs']);
});

it('a stage that began before Redis came back older does nothing in another phase of the same number', async () => {
  const on = await startFleet({ points: docs(20) });
  await on.submit(renewed);
  await on.settle();
  await command(on.deps, 'm1', 'switch');
  await on.settle();
  const began = await on.load();
  expect(began.phase).toBe('observing');
  await on.state.migrations.update('m1', (now) => ({ ...now, phase: 'failed' }));
  const failed = await on.load();
  expect(await isCurrent(on.deps, began)).toBe(false);
  expect(await updateInPhase(on.deps, began, { pass: null })).toBeNull();
  expect(await updateWhereItStands(on.deps, began, { pass: null })).toBeNull();
  expect(await move(on.deps, began, 'completing')).toBeNull();
  await showWaiting(on.deps, began, { kind: 'away', reason: 'of another time' });
  expect(await openFence(on.deps, began)).toBe(false);
  expect([...(await on.deps.collections.aliases()).keys()]).toEqual(['docs']);
  expect(await on.load()).toEqual(failed);
});
