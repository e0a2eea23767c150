import { describe, expect, it } from 'vitest';
import { adoptTarget } from '../commands/adopt.ts';
import { command, settleLateWrites } from '../commands/commands.ts';
import { viewOf } from '../commands/view.ts';
import { ReembedError } from '../domain/error.ts';
import { announce } from './announce.ts';
import { buildSpec, docs, startFleet } from './fleet.fixture.ts';

const renewed = buildSpec({ vectors: { '': { embed: { model: 'fake/4', text: '{{body}}' } } } });
const another = buildSpec({ source: { collection: 'docs_v1' }, target: { collection: 'docs_v3' }, vectors: { '': { keep: '' } } });

async function observing() {
  const on = await startFleet({ points: docs(40) });
  await on.submit(renewed);
  await on.settle();
  await command(on.deps, 'm1', 'switch');
  await on.settle();
  expect((await on.load()).phase).toBe('observing');
  return on;
}

/** m2, of the same source, has switched too. */
async function bothObserving() {
  const on = await observing();
  await on.submit(another);
  await on.settle();
  await command(on.deps, 'm2', 'switch');
  await on.settle();
  return on;
}

async function bothToldToComplete() {
  const on = await bothObserving();
  for (const id of ['m1', 'm2']) await command(on.deps, id, 'complete', { confirm: 'docs_v1' });
  return on;
}

describe('the collection that completing deletes', () => {
  it('is the one it decided about, not a new one of that name that was made after a drop whose reply was lost', async () => {
    const on = await observing();
    await command(on.deps, 'm1', 'complete', { confirm: 'docs_v1' });
    const drop: typeof on.deps.collections.drop = async (name) => {
      await on.deps.collections.drop(name);
      if (name === 'docs_v1') throw new ReembedError('qdrant-unreachable', 'the reply got lost');
    };
    await on.step({ collections: { ...on.deps.collections, drop } });
    expect((await on.load()).phase).toBe('completing');
    await on.stores.collections.create('docs_v1', { vectors: { size: 2, distance: 'Dot' } });
    await on.settle();
    expect((await on.load()).phase).toBe('completed');
    expect(await on.stores.collections.names()).toContain('docs_v1');
  });

  it('is deleted all the same where Redis or Qdrant was away while who uses it was looked up', async () => {
    const on = await observing();
    await command(on.deps, 'm1', 'complete', { confirm: 'docs_v1' });
    let asked = 0;
    const list: typeof on.deps.migrations.list = async () => {
      if (asked++ === 0) throw new ReembedError('redis-unreachable', 'away');
      return on.state.migrations.list();
    };
    await on.settle({ migrations: { ...on.deps.migrations, list } });
    expect((await on.load()).phase).toBe('completed');
    expect(await on.stores.collections.names()).not.toContain('docs_v1');
  });

  it('stays where the migration of another fleet reads it, of which only metadata tells', async () => {
    const on = await observing();
    await on.submit(another);
    await on.until('copying', 'm2');
    on.loseRedis();
    await adoptTarget(on.deps, 'docs_v2');
    await on.settle();
    await expect(command(on.deps, 'm1', 'complete', { confirm: 'docs_v1' })).rejects.toThrow('"docs_v1" is used by migration m2');
    expect(await on.stores.collections.names()).toContain('docs_v1');
  });

  it('stays where nobody knows in which phase the migration of another fleet is that reads it', async () => {
    const on = await observing();
    await on.submit(another);
    await on.until('copying', 'm2');
    on.loseRedis();
    await adoptTarget(on.deps, 'docs_v2');
    await on.settle();
    await on.stores.collections.patch('docs_v3', { metadata: { 'reembed.phase': null } });
    await expect(command(on.deps, 'm1', 'complete', { confirm: 'docs_v1' })).rejects.toThrow(
      /"docs_v1" is used by migration m2 \(damaged.*`reembed adopt docs_v3 --rebuild-metadata`/,
    );
  });

  it.each([
    ['the later word', ['m2', 'm1']],
    ['the earlier word', ['m1', 'm2']],
  ])('goes with the last of two that were told to complete at once, also where %s is carried out first', async (_, order) => {
    const on = await bothToldToComplete();
    on.state.stageQueue.jobs.sort((a, b) => order.indexOf(a.migrationId) - order.indexOf(b.migrationId));
    await on.settle();
    expect([(await on.load()).phase, (await on.load('m2')).phase]).toEqual(['completed', 'completed']);
    expect(await on.stores.collections.names()).not.toContain('docs_v1');
  });

  it('is left to the other of two that were told to complete at once only while that one has not begun to', async () => {
    const on = await bothToldToComplete();
    on.state.stageQueue.jobs.reverse();
    let left = false;
    // It has left the collection to the first one, which it saw observing, and sleeps before it says that it is completed.
    const asleep = { ...on.deps.migrations };
    asleep.update = async (id, change) => {
      if (id !== 'm2' || left || change(await on.load('m2'))?.phase !== 'completed') return on.state.migrations.update(id, change);
      left = true;
      await on.step();
      return on.state.migrations.update(id, change);
    };
    await on.step({ migrations: asleep });
    expect(left).toBe(true);
    await on.settle();
    expect([(await on.load()).phase, (await on.load('m2')).phase]).toEqual(['completed', 'completed']);
    expect(await on.stores.collections.names()).not.toContain('docs_v1');
  });

  it('is said to stay, with who keeps it and how it goes, where the other of two words is refused after any look of this one', async () => {
    const kept: number[] = [];
    for (let look = 0; ; look++) {
      const on = await bothToldToComplete();
      // Each keeps it no more, as the other one sees.
      await announce(on.deps, await on.load());
      on.state.stageQueue.jobs.reverse();
      let looks = 0;
      const interrupted = async <T>(asked: Promise<T>): Promise<T> => {
        const answer = await asked;
        if (looks++ !== look) return answer;
        // The other one takes its mark away where it was about to delete, and somebody reads the old collection just then.
        await on.stores.collections.pointAlias('archive', 'docs_v1');
        await on.step();
        await on.stores.collections.dropAlias('archive');
        // Whoever was stopped here for as long looks again.
        on.clock.advance(60_000);
        return answer;
      };
      const collections = { ...on.deps.collections };
      collections.aliases = () => interrupted(on.deps.collections.aliases());
      collections.describe = (name) => interrupted(on.deps.collections.describe(name));
      await on.step({ collections });
      if (looks <= look) break;
      for (let steps = 0; steps < 20 && (await on.load('m2')).phase !== 'completed'; steps++) await on.step();
      const stands = (await on.stores.collections.names()).includes('docs_v1');
      const isKept = (await on.load()).phase === 'observing';
      if (isKept) kept.push(look);
      expect([look, stands]).toEqual([look, isKept]);
      expect((await viewOf(on.deps, await on.load('m2'))).next).toMatch(
        isKept
          ? /^Done: "docs_v1" stays: migration m1 \(observing\) keeps it.*`reembed complete m1 --confirm docs_v1`/
          : /"docs_v1" is deleted/,
      );
    }
    expect(kept.length).toBeGreaterThan(2);
  });

  it('stays for another migration that has switched away from it, too, and goes with the last of them', async () => {
    const on = await bothObserving();
    expect((await on.load('m2')).phase).toBe('observing');
    await command(on.deps, 'm1', 'complete', { confirm: 'docs_v1' });
    await on.settle();
    expect((await on.load()).phase).toBe('completed');
    expect(await on.stores.collections.names()).toContain('docs_v1');
    await command(on.deps, 'm2', 'complete', { confirm: 'docs_v1' });
    await on.settle();
    expect((await on.load('m2')).phase).toBe('completed');
    expect(await on.stores.collections.names()).not.toContain('docs_v1');
  });

  it('is the source of nothing that begins once it is marked, however long the coordinator sleeps that deletes it', async () => {
    const on = await observing();
    // Its coordinator has asked who reads it, and sleeps before it deletes.
    await on.stores.collections.patch('docs_v1', { metadata: { 'reembed.drop': { by: 'm1', at: '2026-01-01T00:00:00.000Z' } } });
    const said = (await on.stores.collections.describe('docs_v2'))?.metadata['reembed.phase'] as object;
    await on.stores.collections.patch('docs_v2', { metadata: { 'reembed.phase': { ...said, phase: 'completing' } } });
    await on.submit(another);
    await on.until('failed', 'm2');
    expect((await on.load('m2')).error?.message).toContain('"docs_v1" is about to be deleted by migration m1');
  });

  it('loses its mark where somebody came to read it before it was deleted, and stays', async () => {
    const on = await observing();
    await command(on.deps, 'm1', 'complete', { confirm: 'docs_v1' });
    await on.stores.collections.pointAlias('archive', 'docs_v1');
    await on.settle();
    expect(await on.load()).toMatchObject({ phase: 'observing', error: { code: 'wrong-state' } });
    expect((await on.stores.collections.describe('docs_v1'))?.metadata['reembed.drop']).toBeNull();
  });

  it.each([
    ['and that is seen', [], 'superseded'],
    ['and something else refuses the word first', ['other'], 'wrong-state'],
  ] as const)('keeps its mark where another fleet has taken the migration over, whose word it may be, %s', async (_, readers, code) => {
    const on = await observing();
    await command(on.deps, 'm1', 'complete', { confirm: 'docs_v1' });
    // The other fleet takes it over after this stage has announced that it completes, and before it looks whose the migration is.
    const takenOver: typeof on.deps.collections.aliases = async () => {
      const said = (await on.stores.collections.describe('docs_v2'))?.metadata['reembed.phase'] as { number: number };
      const phase = { ...said, number: said.number + 1, owner: 'another' };
      await on.stores.collections.patch('docs_v2', { metadata: { 'reembed.phase': phase } });
      return new Map([...(await on.deps.collections.aliases()), ...readers.map((name) => [name, 'docs_v1'] as const)]);
    };
    await on.step({ collections: { ...on.deps.collections, aliases: takenOver } });
    expect((await on.load()).error?.code).toBe(code);
    expect((await on.stores.collections.describe('docs_v1'))?.metadata['reembed.drop']).toMatchObject({ by: 'm1' });
  });
});

it('what is completed comes to rest, and lets go of its names, also where somebody deletes the target in that moment', async () => {
  const on = await observing();
  await command(on.deps, 'm1', 'complete', { confirm: 'docs_v1' });
  await on.until('completed');
  await on.stores.collections.drop('docs_v2');
  await on.step();
  const { announced, phaseNumber } = await on.load();
  expect(announced).toBe(phaseNumber);
  await on.stores.collections.create('docs_v1', { vectors: { size: 2, distance: 'Dot' } });
  expect((await on.submit(renewed)).how).toBe('created');
});

it('a late write that nothing can be made of stays late, and nothing completes over it', async () => {
  const on = await startFleet({ points: docs(40) });
  await on.submit(renewed);
  await on.settle();
  await command(on.deps, 'm1', 'switch', { acceptLateWrites: true });
  const pointAlias: typeof on.deps.collections.pointAlias = async (alias, collection) => {
    const late = { id: { kind: 'integer', id: '200' }, payload: '{"body":"REFUSED"}', vectors: { '': '[1.0,0.0]' } } as const;
    if (alias === 'docs') on.stores.put('docs_v1', [late]);
    await on.deps.collections.pointAlias(alias, collection);
  };
  await on.settle({ collections: { ...on.deps.collections, pointAlias } });
  await settleLateWrites(on.deps, 'm1', 'insert-missing');
  await on.settle();
  expect((await on.load()).lateWrites).toEqual([{ kind: 'missing', count: 1, ids: [{ kind: 'integer', id: '200' }] }]);
  await expect(command(on.deps, 'm1', 'complete', { confirm: 'docs_v1' })).rejects.toThrow('writes came late');
  await settleLateWrites(on.deps, 'm1', 'accept');
  await command(on.deps, 'm1', 'complete', { confirm: 'docs_v1' });
  await on.settle();
  expect((await on.load()).phase).toBe('completed');
});
