import { buildRecord } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { adoptTarget } from '../commands/adopt.ts';
import { command, settleLateWrites } from '../commands/commands.ts';
import { ReembedError } from '../domain/error.ts';
import type { PointText } from '../domain/point.ts';
import { buildSpec, docs, startFleet } from './fleet.fixture.ts';
import { reconcile } from './run-stage.ts';

const renewed = buildSpec({ vectors: { '': { embed: { model: 'fake/4', text: '{{body}}' } } } });
const int = (n: number) => ({ kind: 'integer', id: String(n) }) as const;
const doc = (n: number, body: string): PointText => ({ id: int(n), payload: JSON.stringify({ body }), vectors: { '': '[1.0,0.0]' } });
const live = (n: number, body: string): PointText => ({ ...doc(n, body), vectors: { '': '[1.0,0.0,0.0,0.0]' } });
const ids = (points: readonly PointText[]) => points.map(({ id }) => Number(id.id));
const lost = () => new ReembedError('qdrant-unreachable', 'the reply got lost');
const hourMs = 3_600_000;

async function ready(spec = renewed) {
  const on = await startFleet({ points: docs(40) });
  await on.submit(spec);
  await on.settle();
  expect((await on.load()).phase).toBe('ready');
  return on;
}

async function observing() {
  const on = await ready();
  await command(on.deps, 'm1', 'switch');
  await on.settle();
  expect((await on.load()).phase).toBe('observing');
  return on;
}

type On = Awaited<ReturnType<typeof ready>>;

/** Qdrant takes so long for each look at the aliases. */
function slowAliases(on: On, ms: number) {
  const aliases: typeof on.deps.collections.aliases = async () => {
    on.clock.advance(ms);
    return on.deps.collections.aliases();
  };
  return { collections: { ...on.deps.collections, aliases } };
}

describe('an act goes by a comparison that has just ended:', () => {
  it('a rollback counts what was written after its comparison, while Qdrant or the coordinator was away', async () => {
    const on = await observing();
    await command(on.deps, 'm1', 'rollback');
    const aliases = async () => Promise.reject(lost());
    for (let n = 0; n < 30; n++) {
      await on.step({ collections: { ...on.deps.collections, aliases } });
      await on.work();
    }
    on.clock.advance(hourMs);
    on.stores.put('docs_v2', [live(100, 'acknowledged'), live(101, 'acknowledged'), live(1, 'acknowledged edit')]);
    await on.settle();
    expect(await on.load()).toMatchObject({ phase: 'observing', rollback: { writes: 3 } });
  });

  it('a switch compares again where Qdrant was away since, and what was written before it is brought along', async () => {
    const on = await ready();
    await command(on.deps, 'm1', 'switch');
    while ((await on.load()).pass?.kind !== 'verify') {
      await on.step();
      await on.work();
    }
    const aliases = async () => Promise.reject(lost());
    for (let n = 0; n < 10; n++) {
      await on.step({ collections: { ...on.deps.collections, aliases } });
      await on.work();
    }
    on.clock.advance(hourMs);
    on.stores.put(
      'docs_v1',
      Array.from({ length: 30 }, (_, at) => doc(300 + at, 'written an hour before the switch')),
    );
    on.stores.remove('docs_v1', [int(7)]);
    await on.settle();
    expect(await on.load()).toMatchObject({ phase: 'observing', lateWrites: [] });
    expect(on.stores.pointsOf('docs_v2')).toHaveLength(69);
  });

  it('stops, and says why, where nothing can be done soon enough after any comparison', async () => {
    const on = await ready();
    await command(on.deps, 'm1', 'switch');
    const late = slowAliases(on, 2 * on.deps.requestTimeoutMs);
    for (let n = 0; n < 1_000 && (await on.load()).phase === 'switching'; n++) {
      await on.step(late);
      await on.work();
    }
    expect(await on.load()).toMatchObject({
      phase: 'failed',
      error: { code: 'not-converging', message: expect.stringContaining('too slowly') },
    });
  });
});

it.each(['switch', 'rollback'] as const)('a coordinator that sleeps right before the act of a %s compares again', async (word) => {
  const on = word === 'switch' ? await ready() : await observing();
  const left = word === 'switch' ? 'docs_v1' : 'docs_v2';
  await command(on.deps, 'm1', word, word === 'rollback' ? { loseWrites: 0 } : {});
  let slept = false;
  const update: typeof on.deps.migrations.update = async (id, change) => {
    const now = await on.deps.migrations.update(id, change);
    const isStored = word === 'switch' ? now?.comparedPass !== null : now?.rollback !== null;
    if (isStored && !slept) {
      slept = true;
      on.clock.advance(hourMs);
      on.stores.put(left, [word === 'switch' ? doc(300, 'written meanwhile') : live(300, 'written meanwhile')]);
    }
    return now;
  };
  await on.settle({ migrations: { ...on.deps.migrations, update } });
  expect(slept).toBe(true);
  const now = await on.load();
  if (word === 'switch') expect(now).toMatchObject({ phase: 'observing', lateWrites: [] });
  else expect(now).toMatchObject({ phase: 'observing', rollback: { writes: 1 } });
  if (word === 'switch') expect(ids(on.stores.pointsOf('docs_v2'))).toContain(300);
});

describe('an alias action whose reply is lost', () => {
  it('looks back by the comparison before it: a delete or an edit in the live target is no late write, and is not undone', async () => {
    const on = await ready();
    await command(on.deps, 'm1', 'switch');
    const pointAlias: typeof on.deps.collections.pointAlias = async (alias, collection) => {
      await on.deps.collections.pointAlias(alias, collection);
      if (alias !== 'docs') return;
      on.stores.remove('docs_v2', [int(5)]);
      on.stores.put('docs_v2', [live(6, 'edited in the live target')]);
      throw lost();
    };
    for (let n = 0; n < 60 && (await on.load()).phase === 'switching'; n++) {
      await on.step((await on.alias()) === 'docs_v1' ? { collections: { ...on.deps.collections, pointAlias } } : {});
      await on.work();
    }
    expect(await on.load()).toMatchObject({ phase: 'observing', lateWrites: [] });
    await settleLateWrites(on.deps, 'm1', 'insert-missing');
    await on.settle();
    expect(ids(on.stores.pointsOf('docs_v2'))).not.toContain(5);
  });
});

describe('a rollback is a switch:', () => {
  it('what comes while the alias goes back is listed', async () => {
    const on = await observing();
    await command(on.deps, 'm1', 'rollback');
    const pointAlias: typeof on.deps.collections.pointAlias = async (alias, collection) => {
      if (alias === 'docs') on.stores.put('docs_v2', [live(100, 'acknowledged while the alias went back')]);
      await on.deps.collections.pointAlias(alias, collection);
    };
    await on.settle({ collections: { ...on.deps.collections, pointAlias } });
    expect(await on.alias()).toBe('docs_v1');
    expect(await on.load()).toMatchObject({
      phase: 'rolled-back',
      rollback: { writes: 1, findings: [{ kind: 'extra', ids: [int(100)] }] },
    });
  });

  it('what comes while the alias goes back is listed also where as many of those that were given up are alike again by then', async () => {
    const on = await observing();
    on.stores.put('docs_v2', [live(100, 'given up')]);
    await command(on.deps, 'm1', 'rollback', { loseWrites: 1 });
    const pointAlias: typeof on.deps.collections.pointAlias = async (alias, collection) => {
      if (alias === 'docs') on.stores.put('docs_v2', [live(101, 'acknowledged while the alias went back')]);
      await on.deps.collections.pointAlias(alias, collection);
      if (alias === 'docs') on.stores.put('docs_v1', [doc(100, 'given up')]);
    };
    await on.settle({ collections: { ...on.deps.collections, pointAlias } });
    expect(await on.load()).toMatchObject({
      phase: 'rolled-back',
      rollback: { writes: 1, findings: [{ kind: 'extra', ids: [int(101)] }] },
    });
  });

  it('goes on from where it was after a crash that came with the alias already back', async () => {
    const on = await observing();
    await command(on.deps, 'm1', 'rollback');
    const pointAlias: typeof on.deps.collections.pointAlias = async (alias, collection) => {
      await on.deps.collections.pointAlias(alias, collection);
      on.stores.put('docs_v1', [doc(200, 'written to the old collection, which is live again')]);
      throw lost();
    };
    for (let n = 0; n < 60 && (await on.alias()) !== 'docs_v1'; n++) {
      await on.step({ collections: { ...on.deps.collections, pointAlias } });
      await on.work();
    }
    await on.settle();
    expect((await on.load()).phase).toBe('rolled-back');
    expect(await on.alias()).toBe('docs_v1');
  });

  it('holds the writers where the spec asks for it, and lets them go', async () => {
    const freeze = { url: 'http://hook.example', timeoutMs: 90_000 };
    const on = await ready({ ...renewed, switch: { ...renewed.switch, freeze } });
    await command(on.deps, 'm1', 'switch');
    await on.settle();
    const before = on.freezeHook.asked.length;
    await command(on.deps, 'm1', 'rollback');
    await on.settle();
    expect((await on.load()).phase).toBe('rolled-back');
    expect(on.freezeHook.asked.slice(before)).toContain('hold');
    expect(on.freezeHook.asked.at(-1)).toBe('release');
  });
});

describe('no stage waits without a reason and an end:', () => {
  it('a switch on a Qdrant that takes a second for a look comes through', async () => {
    const on = await ready();
    await command(on.deps, 'm1', 'switch');
    await on.settle(slowAliases(on, 300));
    expect((await on.load()).phase).toBe('observing');
  });

  it('a pause in place ends though the update queue of a live collection is never seen empty', async () => {
    const on = await startFleet({ points: docs(20) });
    await on.submit(
      buildSpec({ target: { collection: 'docs_v1', inPlace: true }, vectors: { new: { embed: { model: 'fake/4', text: '{{body}}' } } } }),
    );
    await on.until('copying');
    await on.step();
    await command(on.deps, 'm1', 'pause');
    const indexing: typeof on.deps.collections.indexing = async (name) => ({
      ...(await on.deps.collections.indexing(name)),
      updateQueueLength: 1,
    });
    await on.settle({ collections: { ...on.deps.collections, indexing } });
    expect((await on.load()).phase).toBe('paused');
  });

  it('metadata that lost its phase stops the migration by name, and is written anew on a word', async () => {
    const on = await ready();
    await on.stores.collections.patch('docs_v2', { metadata: { 'reembed.phase': null } });
    await command(on.deps, 'm1', 'verify');
    await on.settle();
    expect(await on.load()).toMatchObject({ phase: 'failed', error: { code: 'metadata-damaged' } });
    await adoptTarget(on.deps, 'docs_v2', { rebuildMetadata: true });
    await command(on.deps, 'm1', 'resume');
    await on.settle();
    expect((await on.load()).phase).toBe('ready');
  });

  it('what rests does not go on saying that its metadata is damaged once they are written anew', async () => {
    const on = await observing();
    await on.stores.collections.patch('docs_v2', { metadata: { 'reembed.phase': null } });
    await on.deps.stageQueue.enqueue({ migrationId: 'm1', phaseNumber: (await on.load()).phaseNumber });
    await on.step();
    expect((await on.load()).waiting?.reason).toContain('metadata-damaged');
    on.state.stageQueue.jobs.splice(0);
    await adoptTarget(on.deps, 'docs_v2', { rebuildMetadata: true });
    await reconcile(on.deps);
    await on.step();
    expect((await on.load()).waiting).toBeNull();
  });

  it('where Redis is lost too, a target that readers are at is not copied into, and looks back before it can be completed', async () => {
    const on = await observing();
    on.stores.put('docs_v2', [live(100, 'acknowledged')]);
    on.stores.put('docs_v1', [doc(200, 'late, and listed by nobody')]);
    await damagedAndForgotten(on);
    await expect(adoptTarget(on.deps, 'docs_v2')).rejects.toMatchObject({ code: 'metadata-damaged' });
    await adoptTarget(on.deps, 'docs_v2', { rebuildMetadata: true });
    await on.settle();
    expect(await on.load()).toMatchObject({
      phase: 'observing',
      lateWrites: [
        { kind: 'missing', ids: [int(200)] },
        { kind: 'extra', ids: [int(100)] },
      ],
    });
    expect(ids(on.stores.pointsOf('docs_v2'))).toContain(100);
    await expect(command(on.deps, 'm1', 'complete', { confirm: 'docs_v1' })).rejects.toMatchObject({ code: 'wrong-state' });
  });

  it('where readers are led back before that look, nothing is synced and no alias is moved without a word', async () => {
    const on = await observing();
    on.stores.put('docs_v2', [live(100, 'acknowledged')]);
    await damagedAndForgotten(on);
    await adoptTarget(on.deps, 'docs_v2', { rebuildMetadata: true });
    await on.stores.collections.pointAlias('docs', 'docs_v1');
    await on.settle();
    expect(await on.load()).toMatchObject({ phase: 'failed', resumeTo: 'switching', error: { code: 'migration-failed' } });
    expect((await on.stores.collections.aliases()).get('docs')).toBe('docs_v1');
    expect(ids(on.stores.pointsOf('docs_v2'))).toContain(100);
  });

  it('where readers were led back before, and its record says that it had switched, it is not copied into', async () => {
    const on = await observing();
    on.stores.put('docs_v2', [live(100, 'acknowledged')]);
    const there = on.stores.pointsOf('docs_v2');
    await on.deps.records.keep(buildRecord({ id: 'm1', phase: 'observing' }));
    await on.stores.collections.pointAlias('docs', 'docs_v1');
    await damagedAndForgotten(on);
    await adoptTarget(on.deps, 'docs_v2', { rebuildMetadata: true });
    await on.settle();
    expect((await on.load()).phase).toBe('observing');
    expect(on.stores.pointsOf('docs_v2')).toEqual(there);
  });

  it('where readers are led to it through another alias alone, it has not switched, and nothing is written to it', async () => {
    const on = await ready();
    await on.stores.collections.pointAlias('preview', 'docs_v2');
    on.stores.put('docs_v2', [live(100, 'acknowledged')]);
    await damagedAndForgotten(on);
    await adoptTarget(on.deps, 'docs_v2', { rebuildMetadata: true });
    await on.settle();
    expect(await on.load()).toMatchObject({ phase: 'failed', error: { code: 'target-live' } });
    expect(ids(on.stores.pointsOf('docs_v2'))).toContain(100);
  });
});

async function damagedAndForgotten(on: On): Promise<void> {
  await on.stores.collections.patch('docs_v2', { metadata: { 'reembed.phase': null } });
  on.loseRedis();
}

it('a switch whose old collection somebody deletes before the look back ends, and says what it could not look at', async () => {
  const on = await ready();
  await command(on.deps, 'm1', 'switch');
  while ((await on.stores.collections.aliases()).get('docs') !== 'docs_v2') {
    await on.step();
    await on.work();
  }
  await on.stores.collections.drop('docs_v1');
  await on.settle();
  expect((await on.load()).phase).toBe('observing');
  await command(on.deps, 'm1', 'complete', { confirm: 'docs_v1' });
  await on.settle();
  expect((await on.load()).phase).toBe('completed');
});

describe('zombies:', () => {
  it('a fence that a coordinator points at the live target when it wakes is taken away', async () => {
    const on = await ready();
    await command(on.deps, 'm1', 'switch');
    const woken: (() => Promise<void>)[] = [];
    const pointAlias: typeof on.deps.collections.pointAlias = async (alias, collection) => {
      woken.push(() => on.deps.collections.pointAlias(alias, collection));
      throw lost();
    };
    for (let n = 0; n < 60 && woken.length === 0; n++) {
      await on.step({ collections: { ...on.deps.collections, pointAlias } });
      await on.work();
    }
    await on.settle();
    expect((await on.load()).phase).toBe('observing');
    for (const point of woken) await point();
    await reconcile(on.deps);
    expect([...(await on.stores.collections.aliases()).keys()].filter((name) => name.startsWith('reembed.'))).toEqual([]);
  });
});
