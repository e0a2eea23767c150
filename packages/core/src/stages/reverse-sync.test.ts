import { describe, expect, it } from 'vitest';
import { adoptTarget } from '../commands/adopt.ts';
import { command, settleLateWrites } from '../commands/commands.ts';
import { nextStep } from '../commands/next-step.ts';
import { ReembedError } from '../domain/error.ts';
import { fenceAlias, fenceOf } from '../domain/migration.ts';
import type { PointText } from '../domain/point.ts';
import { startFleet } from './fleet.fixture.ts';
import {
  after,
  before,
  followed,
  newVector,
  old,
  oldVector,
  point,
  readyFleet,
  specOf,
  switched,
  writeToNew,
} from './reverse-fleet.fixture.ts';

describe('reverse sync', () => {
  it('keeps the old collection fresh with vectors of the old model: what was born, edited and deleted since the switch', async () => {
    const on = await switched();
    writeToNew(on);
    await on.followBack();
    const found = on.read('docs_v1');
    expect(found).toMatchObject(followed);
    expect(Object.keys(found)).toEqual(['1', '3', '4', '5', '6', '7', '8']);
    expect((await on.view()).reverseSync).toMatchObject({ collection: 'docs_v1', differences: 3, setAside: 0 });
    await on.followBack();
    expect((await on.view()).reverseSync).toMatchObject({ differences: 0 });
  });

  it('writes through a fence of its own, never by the name of the old collection, and changes nothing in the new one', async () => {
    const on = await switched();
    writeToNew(on);
    const there = on.read('docs_v2');
    const acts = on.stores.acts.length;
    await on.followBack();
    const { epoch } = await on.load();
    const writes = on.stores.acts.slice(acts).filter((act) => /^(insertOnly|updateOnly|remove)/.test(act));
    expect(writes.length).toBeGreaterThan(0);
    for (const act of writes) expect(act).toContain(fenceOf({ id: 'm1', epoch, isReversed: true }));
    expect(on.read('docs_v2')).toEqual(there);
    expect(await on.aliases()).toMatchObject({ docs: 'docs_v2', [`reembed.m1.reverse.${epoch}`]: 'docs_v1' });
  });

  it('is told by status with the moment as of which the old collection is fresh', async () => {
    const on = await readyFleet();
    await on.say('switch');
    expect(nextStep(await on.load(), { setAside: 0, accepted: 0 })).toContain('and is being brought up to date');
    await on.followBack();
    const { freshAsOf } = await on.load();
    expect(nextStep(await on.load(), { setAside: 0, accepted: 0 })).toContain(`"docs_v1" is kept, and fresh as of ${freshAsOf}`);
  });

  it('goes at the pace that searches allow, which are asked as applications ask them', async () => {
    const on = await switched({
      spec: {
        throttle: { maxSearchLatencyMs: 30 },
        vectors: { fresh: { embed: { model: 'fake/4', text: '{{body}}' } } },
        search: { new: { using: 'fresh' } },
      },
    });
    // A coordinator that begins anew knows none of the questions.
    on.deps.paces.clear();
    const asked = new Set<string>();
    const plain = on.stores.searches.search;
    const search: typeof on.deps.searches.search = async (collection, request) => {
      asked.add(`${collection} ${request.profile.using}`);
      return plain(collection, request);
    };
    Object.assign(on.deps.searches, { search });
    on.stores.put('docs_v2', [point(8, 'born since', { fresh: JSON.stringify(newVector('born since')) })]);
    await on.followBack();
    expect((await on.load()).waiting).toBeNull();
    expect([...asked].sort()).toEqual(['docs_v1 ', 'docs_v2 fresh']);
    expect(on.read('docs_v1')).toMatchObject({ '8': followed['8'] });
    expect(await on.say('rollback')).toMatchObject({ phase: 'rolled-back', rollback: null });
  });

  it('goes on with its pass where Qdrant was away for a moment', async () => {
    const on = await switched();
    writeToNew(on);
    for (let rounds = 0; (await on.load()).pass === null; rounds++) {
      if (rounds > 50) throw new Error('no pass begins');
      await on.step();
    }
    const { pass } = await on.load();
    const aliases: typeof on.deps.collections.aliases = async () => {
      throw new ReembedError('qdrant-unreachable', 'away');
    };
    await on.step({ collections: { ...on.deps.collections, aliases } });
    expect(await on.load()).toMatchObject({ pass: { number: pass?.number, kind: 'reverse-sync' }, waiting: { kind: 'away' } });
    await on.followBack();
    expect(on.read('docs_v1')).toMatchObject(followed);
  });

  it('brings deletes along unasked also once another fleet takes over what somebody had used by hand before its switch', async () => {
    const on = await switched();
    const said = (await on.stores.collections.describe('docs_v2'))?.metadata['reembed.phase'] as object;
    await on.stores.collections.patch('docs_v2', { metadata: { 'reembed.phase': { ...said, seen: 'by-hand' } } });
    on.loseRedis();
    await adoptTarget(on.deps, 'docs_v2', { takeOver: true });
    on.stores.remove('docs_v2', [{ kind: 'integer', id: '2' }]);
    await on.followBack();
    expect((await on.load()).waiting).toBeNull();
    expect(Object.keys(on.read('docs_v1'))).not.toContain('2');
  });

  it('undoes a rename, leaves the hash out, and reads the texts of old templates by the new names', async () => {
    const on = await switched({
      spec: {
        target: { collection: 'docs_v2', alias: 'docs', payload: { rename: { body: 'content' } } },
        sync: { maxDeleteShare: 1, hashField: 'hash' },
      },
    });
    const stored = on.stores.pointsOf('docs_v2');
    const hash = JSON.parse(stored[0]?.payload ?? '{}').hash;
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    on.stores.put('docs_v2', [{ ...after(8), payload: '{"content":"born since","hash":"of nobody"}' }]);
    await on.followBack();
    expect(on.read('docs_v1')['8']).toEqual({ body: 'born since', vector: oldVector('born since') });
    expect(on.read('docs_v1')['3']).toEqual({ body: 'text 3', vector: oldVector('text 3') });
    expect(await on.say('rollback')).toMatchObject({ phase: 'rolled-back', rollback: null });
  });

  it('makes the old vector of a point that an application wrote under the old name of its field', async () => {
    const on = await switched({ spec: { target: { collection: 'docs_v2', alias: 'docs', payload: { rename: { body: 'content' } } } } });
    on.stores.put('docs_v2', [after(8, 'born since, by an application of before')]);
    await on.followBack();
    expect(on.read('docs_v1')['8']).toEqual({
      body: 'born since, by an application of before',
      vector: oldVector('born since, by an application of before'),
    });
    await on.followBack();
    expect((await on.load()).reverseLag?.differences).toBe(0);
    expect(await on.say('rollback')).toMatchObject({ phase: 'rolled-back', rollback: null });
  });

  it('copies a kept vector back, and goes on filling in what applications leave out', async () => {
    const on = await switched({ spec: { vectors: { '': { keep: '' }, new: { embed: { model: 'fake/4', text: '{{body}}' } } } } });
    on.stores.put('docs_v2', [before(8, 'by an application of before')]);
    await on.followBack();
    await on.followBack();
    expect(on.read('docs_v1')['8']).toEqual({ body: 'by an application of before', vector: oldVector('by an application of before') });
    const filled = on.stores.pointsOf('docs_v2').find(({ id }) => id.id === '8');
    expect(JSON.parse(filled?.vectors.new ?? 'null')).toEqual(newVector('by an application of before'));
    const { epoch, phase } = await on.load();
    expect(phase).toBe('observing');
    expect(await on.aliases()).toMatchObject({ [fenceAlias('m1', epoch)]: 'docs_v2', [`reembed.m1.reverse.${epoch}`]: 'docs_v1' });
    expect(await on.say('rollback')).toMatchObject({ phase: 'rolled-back', rollback: null });
  });

  it('brings a point without a text along without a vector, as nobody can find it by one', async () => {
    const on = await switched();
    on.stores.put('docs_v2', [point(8, '', { '': JSON.stringify(newVector('?')) })]);
    await on.followBack();
    expect(on.read('docs_v1')['8']).toEqual({ body: '', vector: null });
    expect(await on.say('rollback')).toMatchObject({ phase: 'rolled-back', rollback: null });
  });

  it('sets aside what the old model refuses, tells how many, and a rollback counts it as what would be lost', async () => {
    const on = await switched();
    on.stores.put('docs_v2', [after(8, 'REFUSED by every model'), after(9)]);
    await on.followBack();
    expect(on.read('docs_v1')).not.toHaveProperty('8');
    expect((await on.view()).reverseSync).toMatchObject({ setAside: 1, example: expect.stringContaining('point 8') });
    expect((await on.view()).progress.setAside).toBe(0);
    expect(await on.say('rollback')).toMatchObject({ phase: 'observing', rollback: { writes: 1, findings: [{ ids: [{ id: '8' }] }] } });
    expect(await on.say('rollback', { loseWrites: 1 })).toMatchObject({ phase: 'rolled-back' });
  });

  it('never deletes a point that the new collection never had because it was set aside', async () => {
    const points = [...Array.from({ length: 6 }, (_, n) => before(n + 1)), before(7, 'REFUSED by the new model')];
    const refusesNone = { ...old, vectorOf: oldVector };
    const on = await readyFleet({
      points,
      fleet: { others: [refusesNone], embedder: { vectorOf: newVector } },
      spec: { gates: { sampledPoints: 0 } },
    });
    await on.state.setAside.accept('m1', { all: true });
    await on.say('switch');
    expect(on.read('docs_v2')).not.toHaveProperty('7');
    // Whatever is said of what is set aside by then.
    await on.state.setAside.clear('m1');
    await on.followBack();
    expect(on.read('docs_v1')).toHaveProperty('7');
    expect(await on.say('rollback')).toMatchObject({ phase: 'rolled-back', rollback: null });
    expect(on.read('docs_v1')).toHaveProperty('7');
  });
});

describe('the only copy of a late write', () => {
  /** A write comes to the old collection while the alias moves. */
  async function late() {
    const on = await readyFleet();
    await command(on.deps, 'm1', 'switch', { acceptLateWrites: true });
    const pointAlias = async (alias: string, collection: string) => {
      await on.stores.collections.pointAlias(alias, collection);
      if (alias === 'docs') on.stores.put('docs_v1', [before(20, 'late'), before(1, 'edited late')]);
    };
    for (let rounds = 0; (await on.load()).phase !== 'observing' && rounds < 200; rounds++) {
      await on.step({ collections: { ...on.stores.collections, pointAlias } });
      await on.work();
    }
    expect((await on.load()).lateWrites).toMatchObject([
      { kind: 'missing', count: 1 },
      { kind: 'payload-differs', count: 1 },
    ]);
    return on;
  }

  it('is neither deleted nor written over while late writes are open: reverse sync waits, and says for what', async () => {
    const on = await late();
    writeToNew(on);
    await on.followBack();
    expect((await on.load()).waiting).toMatchObject({
      kind: 'mending',
      reason: expect.stringContaining('reembed late-writes m1 --insert-missing'),
    });
    expect(on.read('docs_v1')).toMatchObject({ '20': { body: 'late' }, '1': { body: 'edited late' } });
    expect(on.read('docs_v1')).toHaveProperty('2');
    expect(await on.say('rollback')).toMatchObject({ phase: 'observing' });
    expect(on.read('docs_v1')).toMatchObject({ '20': { body: 'late' }, '1': { body: 'edited late' } });
  });

  it('is on both sides once it is inserted, and stays', async () => {
    const on = await late();
    await settleLateWrites(on.deps, 'm1', 'insert-missing');
    await on.untilEnded();
    await settleLateWrites(on.deps, 'm1', 'accept');
    await on.followBack();
    expect(on.read('docs_v1')).toMatchObject({ '20': { body: 'late' }, '1': { body: 'text 1' } });
    expect(on.read('docs_v2')).toMatchObject({ '20': { body: 'late', vector: newVector('late') } });
  });

  it('is looked for before anything is written to the old collection, where metadata and Redis were lost while it was observing', async () => {
    const on = await switched();
    writeToNew(on);
    on.stores.put('docs_v1', [before(20, 'late, and listed by nobody')]);
    const { metadata } = (await on.stores.collections.describe('docs_v2')) ?? { metadata: {} };
    await on.stores.collections.patch('docs_v2', { metadata: { ...metadata, 'reembed.phase': null } });
    on.loseRedis();
    await adoptTarget(on.deps, 'docs_v2', { rebuildMetadata: true });
    await on.untilEnded();
    const there = on.read('docs_v1');
    await on.followBack();
    expect((await on.load()).waiting?.reason).toContain('came late to "docs_v1", which is their only copy');
    expect(on.read('docs_v1')).toEqual(there);
  });
});

describe('the old collection', () => {
  it('is not written to while any alias leads there, and is again once that is gone', async () => {
    const on = await switched();
    await on.stores.collections.pointAlias('somebody', 'docs_v1');
    writeToNew(on);
    const there = on.read('docs_v1');
    await on.followBack();
    expect((await on.load()).waiting?.reason).toContain('the old collection "docs_v1" is in use through the alias "somebody"');
    expect(on.read('docs_v1')).toEqual(there);
    expect(Object.keys(await on.aliases())).toEqual(['docs', 'somebody']);
    await on.stores.collections.dropAlias('somebody');
    await on.say('resume');
    await on.followBack();
    expect(on.read('docs_v1')).toMatchObject(followed);
  });

  it('is not emptied because the new one was: past its share a person is asked, and the word holds for so many', async () => {
    const points = Array.from({ length: 30 }, (_, n) => before(n + 1));
    const on = await switched({ points, spec: { sync: { maxDeleteShare: 0.1 } } });
    on.stores.remove(
      'docs_v2',
      points.slice(0, 15).map(({ id }) => id),
    );
    await on.followBack();
    expect((await on.load()).waiting?.reason).toContain('15 points of "docs_v1" are no longer in "docs_v2"');
    expect((await on.load()).waiting?.reason).toContain('`reembed resume m1 --allow-deletes 15`');
    expect(on.stores.pointsOf('docs_v1')).toHaveLength(30);
    await on.say('resume', { allowDeletes: 15 });
    await on.followBack();
    expect(on.stores.pointsOf('docs_v1')).toHaveLength(15);
  });

  it('takes nothing more from a worker that slept through the rollback, nor from a coordinator that wakes in the middle of a pass', async () => {
    const on = await switched();
    writeToNew(on);
    await on.followBack();
    const fence = fenceOf({ id: 'm1', epoch: (await on.load()).epoch, isReversed: true });
    expect(await on.say('rollback')).toMatchObject({ phase: 'rolled-back' });
    const written = { id: { kind: 'integer', id: '1' } as const, payload: '{"body":"what the new one had"}', vectors: { '': '[0,0,0,1]' } };
    await expect(on.stores.points.updateOnly(fence, [written])).rejects.toMatchObject({ code: 'qdrant-not-found' });
    expect(await on.aliases()).toEqual({ docs: 'docs_v1' });
  });

  it('goes with nothing more written to it: complete closes the fence before it deletes', async () => {
    const on = await switched();
    writeToNew(on);
    await on.followBack();
    const acts = on.stores.acts.length;
    expect(await on.say('complete', { confirm: 'docs_v1' })).toMatchObject({ phase: 'completed' });
    const done = on.stores.acts.slice(acts).filter((act) => /^(dropAlias|drop) /.test(act));
    expect(done).toEqual([expect.stringMatching(/^dropAlias reembed\.m1\.reverse\.\d+$/), 'drop docs_v1']);
  });
});

it('the old collection is never another one of its name: what somebody made in its place is left alone', async () => {
  const on = await switched();
  await on.stores.collections.drop('docs_v1');
  await on.stores.collections.create('docs_v1', { vectors: { size: 4, distance: 'Dot' } });
  on.stores.put('docs_v1', [before(99, 'a stranger')]);
  writeToNew(on);
  await on.followBack();
  expect((await on.load()).waiting?.reason).toContain('is not the collection that migration m1 switched away from');
  expect(Object.keys(on.read('docs_v1'))).toEqual(['99']);
  expect(await on.say('rollback')).toMatchObject({ phase: 'observing', error: { code: 'wrong-state' } });
  expect(Object.keys(on.read('docs_v1'))).toEqual(['99']);
});

describe('a rollback with reverse sync', () => {
  it('loses nothing that was written since the switch, also what no pass has seen yet', async () => {
    const on = await switched();
    await on.followBack();
    writeToNew(on);
    expect(await on.say('rollback')).toMatchObject({ phase: 'rolled-back', rollback: null });
    expect(await on.alias()).toBe('docs_v1');
    expect(on.read('docs_v1')).toMatchObject(followed);
    expect(on.read('docs_v1')).not.toHaveProperty('2');
  });

  it('brings along what comes while it compares, before anything moves', async () => {
    const on = await switched();
    await command(on.deps, 'm1', 'rollback');
    let late = false;
    for (let rounds = 0; (await on.load()).phase === 'rolling-back' && rounds < 300; rounds++) {
      const { pass, cutover } = await on.load();
      if (!late && cutover === 'compare' && pass === null) {
        late = true;
        writeToNew(on);
      }
      await on.step();
      await on.work();
    }
    expect(late).toBe(true);
    expect(await on.load()).toMatchObject({ phase: 'rolled-back', rollback: null });
    expect(on.read('docs_v1')).toMatchObject(followed);
  });

  it('lists what came to the new collection while the alias went back, and nothing of ranges that nobody wrote to', async () => {
    const on = await switched();
    await command(on.deps, 'm1', 'rollback');
    const pointAlias = async (alias: string, collection: string) => {
      await on.stores.collections.pointAlias(alias, collection);
      if (alias !== 'docs') return;
      on.stores.put('docs_v2', [after(8, 'came late')]);
      on.stores.put('docs_v1', [before(2, 'edited in time')]);
    };
    for (let rounds = 0; (await on.load()).phase === 'rolling-back' && rounds < 300; rounds++) {
      await on.step({ collections: { ...on.stores.collections, pointAlias } });
      await on.work();
    }
    expect(await on.load()).toMatchObject({
      phase: 'rolled-back',
      rollback: { writes: 1, findings: [{ kind: 'missing', ids: [{ id: '8' }] }] },
    });
  });

  it('waits for an old model that is away, sets nothing aside for it, and brings along all of it once it is back', async () => {
    const failures: (ReembedError | null)[] = [];
    const on = await switched({ fleet: { others: [{ ...old, failsOn: () => failures[0] ?? null }] } });
    writeToNew(on);
    failures.push(new ReembedError('provider-unreachable', 'away'));
    for (let rounds = 0; rounds < 20; rounds++) {
      await on.step();
      await on.work();
    }
    expect(await on.view()).toMatchObject({ phase: 'observing', error: null, reverseSync: { setAside: 0 } });
    expect(await on.alias()).toBe('docs_v2');
    expect(on.read('docs_v1')).not.toHaveProperty('8');
    failures.length = 0;
    await on.followBack();
    expect(on.read('docs_v1')).toMatchObject(followed);
    expect((await on.view()).reverseSync).toMatchObject({ setAside: 0 });
  });

  it('holds no one up where the old model does not answer: it is refused with the way out, and a word takes the alias back at once', async () => {
    const failures: (ReembedError | null)[] = [];
    const on = await switched({ fleet: { others: [{ ...old, failsOn: () => failures[0] ?? null }] } });
    writeToNew(on);
    failures.push(new ReembedError('provider-unreachable', 'away'));
    on.state.providers.held = async () => ({ why: 'away', leftMs: 60_000 });
    const refused = await on.say('rollback');
    expect(refused).toMatchObject({
      phase: 'observing',
      error: { code: 'wrong-state', message: expect.stringContaining('reembed rollback m1 --lose-writes 0') },
    });
    expect(await on.say('rollback', { loseWrites: 0 })).toMatchObject({ phase: 'observing', rollback: { writes: 3 } });
    expect(await on.say('rollback', { loseWrites: 3 })).toMatchObject({ phase: 'rolled-back' });
    expect(await on.alias()).toBe('docs_v1');
  });

  it('is followed by the way forward again, and by complete, with nothing lost on any of them', async () => {
    const on = await switched();
    writeToNew(on);
    await on.say('rollback');
    on.stores.put('docs_v1', [before(30, 'after the rollback')]);
    const again = await on.submit(specOf());
    expect(again).toMatchObject({ how: 'again' });
    const { id } = again.migration;
    await on.until('ready', id);
    expect(await on.say('switch', {}, id)).toMatchObject({ phase: 'observing', lateWrites: [] });
    expect(on.read('docs_v2')).toMatchObject({
      '1': { body: 'edited since' },
      '8': { body: 'born since' },
      '30': { body: 'after the rollback' },
    });
    expect(await on.say('complete', { confirm: 'docs_v1' }, id)).toMatchObject({ phase: 'completed' });
    expect(Object.keys(on.read('docs_v2'))).toEqual(['1', '3', '4', '5', '6', '7', '8', '30']);
  });

  it('goes on after Redis was lost in the middle of a pass', async () => {
    const on = await switched();
    writeToNew(on);
    for (let steps = 0; (await on.load()).pass === null && steps < 50; steps++) await on.step();
    on.loseRedis();
    await adoptTarget(on.deps, 'docs_v2');
    await on.followBack();
    expect(on.read('docs_v1')).toMatchObject(followed);
    expect(await on.say('rollback')).toMatchObject({ phase: 'rolled-back', rollback: null });
  });
});

describe('a declared old model that did not make the old vectors', () => {
  /** Of these points, drawn from the last to the first: what it stops with, what it notes, and how often points were drawn. */
  async function prepared(points: readonly PointText[]) {
    const on = await startFleet({ size: 4, points, embedder: { vectorOf: newVector }, others: [old] });
    let draws = 0;
    const sample: typeof on.deps.points.sample = async (collection, limit, options) => {
      if (limit === 100) draws += 1;
      return (await on.deps.points.sample(collection, 1_000, options)).toReversed().slice(0, limit);
    };
    await on.submit(specOf());
    const notes: string[] = [];
    const publish: typeof on.deps.events.publish = async (_, event) => void (event.type === 'note' && notes.push(event.message));
    const with_ = { points: { ...on.deps.points, sample }, events: { ...on.deps.events, publish } };
    while ((await on.load()).phase === 'preparing' && (await on.step(with_))) await on.work();
    return { error: (await on.load()).error, notes, draws };
  }

  it('but a few of them, the first of all, is refused as well', async () => {
    const right = Array.from({ length: 24 }, (_, n) => before(n + 1));
    const wrong = Array.from({ length: 40 }, (_, n) => after(n + 100));
    const { error, draws } = await prepared([...right, ...wrong]);
    expect(error).toMatchObject({ code: 'invalid-spec', message: expect.stringContaining('vectors of another model into "docs_v1"') });
    expect(draws).toBe(1);
  });

  it('is taken as declared where nothing can be looked at, and that is noted', async () => {
    const withText = Array.from({ length: 20 }, (_, n) => before(n + 1));
    const withoutText = Array.from({ length: 100 }, (_, n) => ({ ...before(n + 100), payload: '{}' }));
    const { error, notes } = await prepared([...withText, ...withoutText]);
    expect(error).toBeNull();
    expect(notes).toEqual([
      expect.stringMatching(/could not be looked at, source\.vectors\."": no sampled point has both .*; it is taken as declared/),
    ]);
  });

  it('is refused before anything is made: its vectors would poison the old collection in silence', async () => {
    const points = Array.from({ length: 7 }, (_, n) => after(n + 1));
    const on = await startFleet({
      size: 4,
      points,
      embedder: { vectorOf: newVector },
      others: [
        {
          ...old,
          vectorOf: (text) =>
            oldVector(text)
              .toReversed()
              .map((v) => -v),
        },
      ],
    });
    await on.submit(specOf());
    await on.settle();
    expect(await on.load()).toMatchObject({
      phase: 'failed',
      error: { code: 'invalid-spec', message: expect.stringContaining('Reverse sync would put vectors of another model into "docs_v1"') },
    });
  });
});
