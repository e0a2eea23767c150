import { describe, expect, it } from 'vitest';
import { adoptTarget } from '../commands/adopt.ts';
import { command } from '../commands/commands.ts';
import { nextStep } from '../commands/next-step.ts';
import { fenceAlias } from '../domain/migration.ts';
import type { PointText } from '../domain/point.ts';
import { buildSpec, docs, startFleet } from './fleet.fixture.ts';
import { reconcile } from './run-stage.ts';

const embedded = { '': { embed: { model: 'fake/4', text: '{{body}}' } } } as const;
const one = (change: Parameters<typeof buildSpec>[0] = {}) => buildSpec({ vectors: embedded, ...change });
const int = (n: number) => ({ kind: 'integer', id: String(n) }) as const;
/** What an application that knows the new vectors writes. */
const written = (n: number, body: string): PointText => ({ id: int(n), payload: JSON.stringify({ body }), vectors: { '': '[1,0,0,0]' } });

type OnFleet = Awaited<ReturnType<typeof startFleet>>;

async function ready(spec = one()): Promise<OnFleet> {
  const on = await startFleet({ points: docs(40) });
  await on.submit(spec);
  await on.settle();
  expect((await on.load()).phase).toBe('ready');
  return on;
}

/** An alias is pointed at the target by hand, and an application writes through it. */
async function goLive(on: OnFleet, alias = 'docs'): Promise<void> {
  await on.stores.collections.pointAlias(alias, 'docs_v2');
  on.stores.put('docs_v2', [written(100, 'inserted'), written(1, 'edited')]);
}

const fencesOf = async (on: OnFleet) => Object.keys(await on.aliases()).filter((name) => name.startsWith('reembed.'));

function isAsWritten({ stores }: OnFleet): void {
  const bodies = new Map(stores.pointsOf('docs_v2').map(({ id, payload }) => [id.id, payload]));
  expect([bodies.get('100'), bodies.get('1')]).toEqual(['{"body":"inserted"}', '{"body":"edited"}']);
}

describe('a target that others use before the switch', () => {
  it('is not synced into and not deleted from: the migration stops, closes its fence and says who points there', async () => {
    const on = await ready();
    await goLive(on);
    await on.follow();
    await on.settle();
    isAsWritten(on);
    const after = await on.load();
    expect(after).toMatchObject({ phase: 'failed', error: { code: 'target-live' } });
    expect(nextStep(after, { setAside: 0, accepted: 0 })).toContain('in use through the alias "docs"');
    expect(nextStep(after, { setAside: 0, accepted: 0 })).toMatch(
      /point "docs" at "docs_v1" again.*`reembed resume m1`.*`reembed switch m1 --made-by-hand`/,
    );
    expect(await fencesOf(on)).toEqual([]);
  });

  it.each(['copying', 'syncing'] as const)('is not written to while %s', async (phase) => {
    const on = await startFleet({ points: docs(40) });
    await on.submit(one());
    if (phase === 'syncing') {
      await on.until('verifying');
      on.stores.put('docs_v1', docs(70).slice(40));
    }
    await on.until(phase);
    await goLive(on);
    const before = on.stores.pointsOf('docs_v2');
    await on.settle();
    expect(await on.load()).toMatchObject({ phase: 'failed', error: { code: 'target-live' } });
    expect(on.stores.pointsOf('docs_v2')).toEqual(before);
  });

  it('has nothing deleted unasked, also by whoever adopts it once the alias is back', async () => {
    const on = await ready();
    await goLive(on);
    await on.settle();
    for (let n = 0; n < 40 && (await on.load()).phase !== 'failed'; n++) {
      await on.step();
      await on.work();
    }
    await on.settle();
    await on.stores.collections.pointAlias('docs', 'docs_v1');
    on.loseRedis();
    await adoptTarget(on.deps, 'docs_v2');
    await on.settle();
    expect(await on.load()).toMatchObject({ phase: 'failed', error: { code: 'deletes-need-approval' } });
    expect(on.stores.pointsOf('docs_v2').map(({ id }) => id.id)).toContain('100');
  });

  it('is found to be so by a pass that is under way', async () => {
    const on = await ready();
    on.stores.put('docs_v1', docs(80).slice(40));
    while ((await on.load()).pass === null) await on.step();
    await goLive(on);
    await on.settle();
    expect(await on.load()).toMatchObject({ phase: 'failed', error: { code: 'target-live' } });
    isAsWritten(on);
  });

  it('is looked at again once what stood before is closed, which may take long', async () => {
    const on = await ready();
    await command(on.deps, 'm1', 'pause');
    await on.settle();
    await command(on.deps, 'm1', 'resume');
    const pointAlias: typeof on.deps.collections.pointAlias = async (alias, collection) => {
      if (alias.startsWith('reembed.')) await goLive(on);
      await on.deps.collections.pointAlias(alias, collection);
    };
    await on.settle({ collections: { ...on.deps.collections, pointAlias } });
    expect(await on.load()).toMatchObject({ phase: 'failed', error: { code: 'target-live' } });
    isAsWritten(on);
    expect(await fencesOf(on)).toEqual([]);
  });

  it('loses no point to a pass that has collected what it deletes by then', async () => {
    const on = await ready();
    on.stores.remove('docs_v1', [int(7)]);
    const retrieve: typeof on.deps.points.retrieve = async (collection, request) => {
      if (collection === 'docs_v1' && request.majority === true) await goLive(on);
      return on.deps.points.retrieve(collection, request);
    };
    for (let n = 0; n < 60 && (await on.load()).phase === 'ready'; n++) {
      await on.step({ points: { ...on.deps.points, retrieve } });
      await on.work();
    }
    await on.settle();
    expect(await on.load()).toMatchObject({ phase: 'failed', error: { code: 'target-live' } });
    expect(on.stores.pointsOf('docs_v2').map(({ id }) => id.id)).toContain('7');
    expect(await fencesOf(on)).toEqual([]);
  });

  it('adopted, is not copied into', async () => {
    const on = await ready();
    await goLive(on);
    on.loseRedis();
    await adoptTarget(on.deps, 'docs_v2');
    await on.settle();
    await on.follow();
    expect(await on.load()).toMatchObject({ phase: 'failed', error: { code: 'target-live' } });
    isAsWritten(on);
  });

  it('without an alias in the spec, is in use through any', async () => {
    const on = await ready(one({ target: { collection: 'docs_v2' } }));
    await goLive(on, 'theirs');
    await on.follow();
    await on.settle();
    isAsWritten(on);
    expect((await on.load()).error?.message).toMatch(/alias "theirs".*take them away.*--made-by-hand/);
    await command(on.deps, 'm1', 'switch', { madeByHand: true });
    await on.settle();
    expect((await on.load()).phase).toBe('observing');
  });

  it('through another alias than the one it is for, cannot be taken for switched', async () => {
    const on = await ready();
    await goLive(on, 'theirs');
    await on.follow();
    await on.settle();
    const { error } = await on.load();
    expect(error?.message).toContain('use "docs.next"');
    expect(error?.message).not.toContain('--made-by-hand');
    await expect(command(on.deps, 'm1', 'switch', { madeByHand: true })).rejects.toMatchObject({ code: 'wrong-state' });
  });
});

describe('the ways out of a target in use', () => {
  async function stopped(): Promise<OnFleet> {
    const on = await ready();
    await goLive(on);
    await on.follow();
    await on.settle();
    expect((await on.load()).error?.code).toBe('target-live');
    return on;
  }

  it('the alias taken back, it goes on, and asks before it deletes any of what was inserted there', async () => {
    const on = await stopped();
    await on.stores.collections.pointAlias('docs', 'docs_v1');
    await command(on.deps, 'm1', 'resume');
    await on.settle();
    expect(await on.load()).toMatchObject({ phase: 'failed', error: { code: 'deletes-need-approval' } });
    await command(on.deps, 'm1', 'resume', { allowDeletes: 1 });
    await on.settle();
    expect((await on.load()).phase).toBe('ready');
    expect(on.stores.pointsOf('docs_v2')).toHaveLength(40);
  });

  it('resumed without, it stops again', async () => {
    const on = await stopped();
    await command(on.deps, 'm1', 'resume');
    await on.settle();
    expect((await on.load()).error?.code).toBe('target-live');
    isAsWritten(on);
  });

  it('taken for switched, it compares, lists what differs, and observes', async () => {
    const on = await stopped();
    on.stores.put('docs_v1', [{ ...docs(41)[40], vectors: { '': '[1.0,0.0]' } } as PointText]);
    await command(on.deps, 'm1', 'switch', { madeByHand: true });
    await on.settle();
    const { phase, lateWrites } = await on.load();
    expect(phase).toBe('observing');
    expect(lateWrites.map(({ kind, ids }) => [kind, ids.map(({ id }) => id)])).toEqual([
      ['missing', ['41']],
      ['extra', ['100']],
      ['payload-differs', ['1']],
    ]);
    expect((await on.aliases())['docs.next']).toBeUndefined();
    isAsWritten(on);
  });

  it('wants the word that says so where it was stopped, and the alias to be there', async () => {
    const on = await stopped();
    await expect(command(on.deps, 'm1', 'switch')).rejects.toMatchObject({ code: 'confirmation-needed' });
    await on.stores.collections.pointAlias('docs', 'docs_v1');
    await expect(command(on.deps, 'm1', 'switch', { madeByHand: true })).rejects.toMatchObject({ code: 'wrong-state' });
  });

  it('cancel says what to do first', async () => {
    const on = await stopped();
    await expect(command(on.deps, 'm1', 'cancel')).rejects.toThrow(
      'point it elsewhere, then cancel, or `reembed switch m1 --made-by-hand`',
    );
    await on.stores.collections.pointAlias('docs', 'docs_v1');
    await command(on.deps, 'm1', 'cancel');
    await on.settle();
    expect((await on.load()).phase).toBe('cancelled');
  });
});

describe('a fence', () => {
  it('is closed by the switch also where somebody moved the alias before it', async () => {
    const on = await ready();
    await on.follow();
    expect(await fencesOf(on)).toHaveLength(1);
    const { epoch } = await on.load();
    await goLive(on);
    await command(on.deps, 'm1', 'switch');
    await on.settle();
    expect((await on.load()).phase).toBe('observing');
    const stale = on.stores.points.updateOnly(fenceAlias('m1', epoch), [written(1, 'what the source had long ago')]);
    await expect(stale).rejects.toMatchObject({ code: 'qdrant-not-found' });
    expect(await fencesOf(on)).toEqual([]);
    isAsWritten(on);
  });

  it('that a coordinator made after the switch, and died, does not stay', async () => {
    const on = await ready();
    const { epoch } = await on.load();
    await command(on.deps, 'm1', 'switch');
    await on.settle();
    expect((await on.load()).phase).toBe('observing');
    await on.stores.collections.pointAlias(fenceAlias('m1', epoch), 'docs_v2');
    await reconcile(on.deps);
    expect(await fencesOf(on)).toEqual([]);
  });

  it('that writing goes on through, or that another fleet made, is left alone', async () => {
    const on = await ready();
    await on.follow();
    const { epoch } = await on.load();
    await on.stores.collections.pointAlias(fenceAlias('m1', epoch + 1), 'docs_v2');
    await reconcile(on.deps);
    expect(await fencesOf(on)).toEqual([fenceAlias('m1', epoch), fenceAlias('m1', epoch + 1)]);
  });

  it('does not stay where a migration has failed', async () => {
    const on = await ready();
    const { pass, ...state } = await on.load();
    expect(pass).toBeNull();
    on.stores.remove(
      'docs_v1',
      docs(30).map(({ id }) => id),
    );
    await on.follow();
    await on.settle();
    expect(await on.load()).toMatchObject({ phase: 'failed', error: { code: 'deletes-need-approval' }, epoch: state.epoch });
    expect(await fencesOf(on)).toEqual([]);
  });
});
