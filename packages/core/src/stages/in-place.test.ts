import type { SpecInput } from '@reembed/contracts';
import { createFakeState, fakeVector, vectorText } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { adoptTarget } from '../commands/adopt.ts';
import { command } from '../commands/commands.ts';
import { viewOf } from '../commands/view.ts';
import { ReembedError } from '../domain/error.ts';
import type { PointText } from '../domain/point.ts';
import { buildSpec, docs, type FleetOptions, startFleet } from './fleet.fixture.ts';

const vectorFor = (body: string) => JSON.stringify([...Float32Array.from(fakeVector(body))]);
const inPlace = (change: Partial<SpecInput> = {}) =>
  buildSpec({
    target: { collection: 'docs_v1', inPlace: true },
    vectors: { new: { embed: { model: 'fake/4', text: '{{body}}' } } },
    // What is embedded is counted: the gate's sample is none of it.
    gates: { sampledPoints: 0 },
    ...change,
  });
const filled = (points: readonly PointText[]) =>
  points.map((point) => ({
    ...point,
    vectors: { ...point.vectors, new: vectorFor((JSON.parse(point.payload) as { body: string }).body) },
  }));

async function ready(options: FleetOptions = {}) {
  const on = await startFleet(options);
  await on.submit(inPlace());
  await on.settle();
  return on;
}

describe('a migration in place', () => {
  it('adds the vector, fills it in, and leaves payloads, other vectors, aliases and settings as they were', async () => {
    const on = await ready();
    expect(on.phases).toEqual(['copying', 'indexing', 'verifying', 'ready']);
    expect(on.stores.pointsOf('docs_v1')).toEqual(filled(docs(7)));
    expect((await on.stores.collections.describe('docs_v1'))?.vectors.new).toMatchObject({ size: 4, distance: 'Cosine' });
    const { docs: alias, ...fences } = await on.aliases();
    expect(alias).toBe('docs_v1');
    expect(Object.keys(fences).every((name) => name.startsWith('reembed.m1.'))).toBe(true);
    const patches = on.stores.acts.filter((act) => act.startsWith('patch'));
    expect(patches.every((act) => /^patch docs_v1( reembed\S*)+$/.test(act))).toBe(true);
  });

  it('tells of itself in the metadata before it touches the collection', async () => {
    const on = await ready();
    const acts = on.stores.acts.filter((act) => /docs_v1/.test(act) && !act.startsWith('pointAlias'));
    expect(acts.slice(0, 3)).toEqual([
      'create docs_v1',
      'patch docs_v1 reembed reembed.phase reembed.owner reembed.decisions',
      'addVector docs_v1 new',
    ]);
    expect((await on.stores.collections.describe('docs_v1'))?.metadata).toMatchObject({
      team: 'search',
      reembed: { id: 'm1', vectors: { new: { model: 'fake/4', dimensions: 4 } }, resolved: { addedVectors: ['new'] } },
    });
  });

  it('says from the first filled point on how applications may ask the vector over the bridge, until every point has it', async () => {
    const on = await startFleet();
    await on.submit(inPlace());
    await on.until('copying');
    const bridge = async () => (await viewOf(on.deps, await on.load())).bridge;
    expect(await bridge()).toMatchObject({ old: '', fresh: 'new', candidates: 200, says: expect.stringContaining('ask "new" at once') });
    await command(on.deps, 'm1', 'pause');
    await on.settle();
    expect(await bridge()).not.toBeNull();
    await command(on.deps, 'm1', 'resume');
    await on.settle();
    expect((await on.load()).phase).toBe('ready');
    expect(await bridge()).toBeNull();
    on.stores.put('docs_v1', docs(9).slice(7));
    await on.follow();
    expect(await bridge()).toMatchObject({ fresh: 'new' });
  });

  it.each<[string, Partial<SpecInput>, string]>([
    [
      'source.filter leaves out',
      { source: { collection: 'docs_v1', filter: { must: [{ has_id: [1, 2] }] } } },
      'that source.filter matches',
    ],
    [
      'have no text, and shall not',
      { vectors: { new: { embed: { model: 'fake/4', text: '{{body}}', onMissingText: 'keep-without-vector' } } } },
      'that has a text',
    ],
  ])('does not say that every point has the vector, and keeps the bridge, where there may be some that %s', async (_, change, who) => {
    const on = await startFleet();
    await on.submit(inPlace(change));
    await on.settle();
    const { next, bridge, filling } = await viewOf(on.deps, await on.load());
    expect(filling?.lacking).toBe(0);
    expect(next).toContain(`Every point ${who} has "new": `);
    expect(next).toContain('The others never get it, and a search of it does not find them: the bridge does.');
    expect(bridge).toMatchObject({ old: '', fresh: 'new' });
  });

  it('fills in what applications add without the vector while it waits, and says how much there was', async () => {
    const on = await ready();
    on.stores.put('docs_v1', docs(9).slice(7));
    await on.follow();
    expect(on.stores.pointsOf('docs_v1')).toEqual(filled(docs(9)));
    expect(await on.load()).toMatchObject({ phase: 'ready', lag: { differences: 2 } });
    expect((await viewOf(on.deps, await on.load())).next).toContain('2 point(s) lacked "new"');
    await on.follow();
    expect((await viewOf(on.deps, await on.load())).next).toContain('Every point has "new"');
  });

  it('is filled in again, not taken for switched, where its metadata is written anew after Redis was lost', async () => {
    const on = await startFleet();
    await on.submit(inPlace());
    await on.until('copying');
    await on.stores.collections.patch('docs_v1', { metadata: { 'reembed.phase': null } });
    on.loseRedis();
    await expect(on.submit(inPlace())).rejects.toMatchObject({ code: 'metadata-damaged' });
    await adoptTarget(on.deps, 'docs_v1', { rebuildMetadata: true });
    await on.settle();
    expect((await on.load()).phase).toBe('ready');
    expect(on.stores.pointsOf('docs_v1')).toEqual(filled(docs(7)));
  });

  it('is given its vectors first, where its metadata is written anew before they were added', async () => {
    const on = await startFleet();
    await on.submit(inPlace());
    await on.until('copying');
    await on.stores.collections.dropVector('docs_v1', 'new');
    await on.stores.collections.patch('docs_v1', { metadata: { 'reembed.phase': null } });
    on.loseRedis();
    await adoptTarget(on.deps, 'docs_v1', { rebuildMetadata: true });
    await on.settle();
    expect((await on.load()).phase).toBe('ready');
    expect(on.stores.pointsOf('docs_v1')).toEqual(filled(docs(7)));
  });

  it('is completed without a switch: nothing writes any more, and the collection stays', async () => {
    const on = await ready();
    await expect(command(on.deps, 'm1', 'switch')).rejects.toMatchObject({ code: 'wrong-state' });
    await command(on.deps, 'm1', 'complete');
    await on.settle();
    expect((await on.load()).phase).toBe('completed');
    expect(await on.aliases()).toEqual({ docs: 'docs_v1' });
    expect(on.stores.pointsOf('docs_v1')).toEqual(filled(docs(7)));
  });

  it.each([
    ['complete', 'qdrant-unreachable'],
    ['pause', 'qdrant-unreachable'],
    ['verify', 'qdrant-unreachable'],
    ['a failure', 'qdrant-unauthorized'],
  ] as const)(
    'embeds a text again that was edited while its page was written, when %s comes before it could look again',
    async (word, code) => {
      const on = await ready();
      on.stores.put('docs_v1', docs(8).slice(7));
      const edited = { ...docs(8)[7], payload: '{"body":"edited"}' } as PointText;
      const before = (await on.load()).lag?.at;
      const { updateVectors } = on.stores.points;
      const points = on.stores.points as { updateVectors: typeof updateVectors };
      let said = false;
      points.updateVectors = async (collection, made, options) => {
        await updateVectors(collection, made, options);
        if (said) return;
        said = true;
        on.stores.put('docs_v1', [{ ...edited, vectors: { ...edited.vectors, new: vectorText(made[0]?.vectors.new ?? '') } }]);
        if (word !== 'a failure') await command(on.deps, 'm1', word);
        throw new ReembedError(code, 'the worker stops here');
      };
      for (let rounds = 0; !said && rounds < 100; rounds++) {
        await on.step();
        await on.work();
      }
      expect((await on.load()).lag?.at).toBe(before);
      await on.settle();
      if (word === 'a failure') expect(await on.load()).toMatchObject({ phase: 'failed', error: { code } });
      if (word === 'pause' || word === 'a failure') {
        await command(on.deps, 'm1', 'resume');
        await on.settle();
      }
      if (word !== 'complete') {
        await command(on.deps, 'm1', 'complete');
        await on.settle();
      }
      expect((await on.load()).phase).toBe('completed');
      expect(on.stores.pointsOf('docs_v1')).toEqual(filled([...docs(7), edited]));
    },
  );

  it('drops an old vector on its name, never one it made, and says why the unnamed one cannot go', async () => {
    const on = await startFleet();
    await on.stores.collections.addVector('docs_v1', 'old', { dense: { size: 2, distance: 'Dot' } });
    await on.submit(inPlace());
    await on.settle();
    await expect(command(on.deps, 'm1', 'complete', { dropVector: 'nope' })).rejects.toMatchObject({ code: 'not-found' });
    await expect(command(on.deps, 'm1', 'complete', { dropVector: 'new' })).rejects.toThrow('is what migration m1 made');
    await expect(command(on.deps, 'm1', 'complete', { dropVector: '' })).rejects.toThrow(
      /cannot drop the unnamed vector.*"old":\{"keep":"old"\}/,
    );
    await command(on.deps, 'm1', 'complete', { dropVector: 'old' });
    await on.settle();
    expect(Object.keys((await on.stores.collections.describe('docs_v1'))?.vectors ?? {})).toEqual(['', 'new']);
  });

  it('says how an old vector goes when all is done already', async () => {
    const on = await startFleet();
    await on.stores.collections.addVector('docs_v1', 'old', { dense: { size: 2, distance: 'Dot' } });
    await on.submit(inPlace());
    await on.settle();
    await command(on.deps, 'm1', 'complete');
    await on.settle();
    await expect(command(on.deps, 'm1', 'complete', { dropVector: '' })).rejects.toThrow(/leave it behind with another migration/);
    await expect(command(on.deps, 'm1', 'complete', { dropVector: 'old' })).rejects.toThrow('DELETE /collections/docs_v1/vectors/old');
    await expect(command(on.deps, 'm1', 'complete')).rejects.toThrow('it has ended');
  });

  it('is cancelled with the added vector kept, and says how to remove it; or with it gone, on its name', async () => {
    const kept = await ready();
    await expect(command(kept.deps, 'm1', 'cancel', { dropVectors: [''] })).rejects.toThrow('it added "new"');
    await command(kept.deps, 'm1', 'cancel');
    await kept.settle();
    expect(kept.stores.pointsOf('docs_v1')).toEqual(filled(docs(7)));
    expect(await kept.aliases()).toEqual({ docs: 'docs_v1' });
    expect((await viewOf(kept.deps, await kept.load())).next).toContain('DELETE /collections/docs_v1/vectors/new');
    const dropped = await ready();
    await command(dropped.deps, 'm1', 'cancel', { dropVectors: ['new'] });
    await dropped.settle();
    expect(dropped.stores.pointsOf('docs_v1')).toEqual(docs(7));
    expect(await dropped.aliases()).toEqual({ docs: 'docs_v1' });
    expect((await viewOf(dropped.deps, await dropped.load())).next).toContain('nothing that was added remains');
  });

  it.each([1, 2, 3, 4])(
    'takes no vector away that another migration has added since, whoever slept after look %i of a cancel',
    async (look) => {
      const on = await ready();
      await command(on.deps, 'm1', 'cancel', { dropVectors: ['new'] });
      let looks = 0;
      const describe: typeof on.deps.collections.describe = async (name) => {
        const seen = await on.deps.collections.describe(name);
        if (++looks !== look) return seen;
        on.clock.advance(3_600_000);
        const { phaseNumber } = await on.load();
        await on.deps.stageQueue.enqueue({ migrationId: 'm1', phaseNumber });
        await on.settle();
        await on.submit(inPlace());
        await on.settle();
        return seen;
      };
      while (looks < look && (await on.step({ collections: { ...on.deps.collections, describe } })));
      await on.settle();
      expect(looks).toBeGreaterThanOrEqual(look);
      expect(await on.load('m2')).toMatchObject({ phase: 'ready', error: null });
      expect(on.stores.pointsOf('docs_v1')).toEqual(filled(docs(7)));
    },
  );

  it('refuses a second one on the same collection, and begins anew after one has ended', async () => {
    const on = await ready();
    const other = { ...inPlace(), vectors: buildSpec({ vectors: { more: { embed: { model: 'fake/4', text: '{{body}}' } } } }).vectors };
    await expect(on.submit(other)).rejects.toThrow(/belongs to migration m1 \(ready\).*`reembed complete m1` once it is ready/);
    expect(await on.submit(inPlace())).toMatchObject({ how: 'running', migration: { id: 'm1' } });
    await command(on.deps, 'm1', 'complete');
    await on.settle();
    on.stores.put('docs_v1', docs(8).slice(7));
    expect(await on.submit(inPlace())).toMatchObject({ how: 'created', migration: { id: 'm2', resolved: { addedVectors: [] } } });
    await on.settle();
    expect(on.stores.pointsOf('docs_v1')).toEqual(filled(docs(8)));
    expect(on.embedder.requests.flat().filter((text) => text === 'text 1')).toHaveLength(1);
  });

  it.each([
    ['verifying', 'indexing'],
    ['ready', 'verifying'],
  ] as const)('is taken over from the metadata where everything else is lost while it is %s', async (phase, as) => {
    const on = await startFleet();
    await on.submit(inPlace());
    await on.until(phase);
    const anotherFleet = { ...on.deps, ...createFakeState({ clock: on.clock }) };
    expect(await adoptTarget(anotherFleet, 'docs_v1')).toMatchObject({
      how: 'adopted',
      migration: { id: 'm1', phase: as, resolved: { addedVectors: ['new'] } },
    });
  });

  it('sets aside what cannot be embedded, without blaming the vector for missing, and is ready', async () => {
    const on = await ready({ points: [...docs(3), { ...docs(4)[3], payload: '{"body":"REFUSED"}' } as PointText] });
    expect((await on.load()).verification?.findings).toEqual([]);
    expect((await on.state.setAside.count('m1')).open).toBe(1);
    expect(on.stores.pointsOf('docs_v1')).toHaveLength(4);
  });
});

describe('after a switch with the old vector kept beside the new', () => {
  async function switched() {
    const on = await startFleet();
    await on.submit();
    await on.settle();
    await command(on.deps, 'm1', 'switch');
    await on.settle();
    return on;
  }

  /** Lets the migration look after its collection until it has done so once more. */
  async function lookAfter(on: Awaited<ReturnType<typeof switched>>) {
    const before = (await on.load()).lag?.at;
    for (let rounds = 0; (await on.load()).lag?.at === before; rounds++) {
      if (rounds > 100) throw new Error('it does not look after its collection');
      await on.step();
      await on.work();
    }
  }

  it('fills in what an application on the old code writes, until it is completed', async () => {
    const on = await switched();
    on.stores.put('docs_v2', docs(8).slice(6));
    await lookAfter(on);
    expect(on.stores.pointsOf('docs_v2')).toEqual(filled(docs(8)));
    const lacking = await viewOf(on.deps, await on.load());
    expect(lacking.next).toContain('2 point(s) lacked "new"');
    expect(lacking.bridge).toMatchObject({ old: '', fresh: 'new' });
    await lookAfter(on);
    const whole = await viewOf(on.deps, await on.load());
    expect(whole.next).toContain('Every point has "new"');
    expect(whole.bridge).toBeNull();
    await command(on.deps, 'm1', 'complete', { confirm: 'docs_v1' });
    await on.settle();
    expect(await on.aliases()).toEqual({ docs: 'docs_v2' });
    expect((await on.load()).phase).toBe('completed');
  });

  it('advises the new vector only after a look since the switch that found none lacking, and says which points cannot have it', async () => {
    const on = await switched();
    const next = async () => (await viewOf(on.deps, await on.load())).next;
    expect(await next()).toContain('Queries stay as they are');
    await lookAfter(on);
    expect(await next()).toContain('Every point has "new"');
    on.stores.put('docs_v2', [{ ...docs(8)[7], payload: '{"body":"REFUSED"}' } as PointText]);
    await lookAfter(on);
    expect(await next()).toContain('1 point(s) cannot be given "new" (`reembed failures m1`)');
    await lookAfter(on);
    expect(await next()).toContain('Every point but the 1 that are set aside has "new"');
  });

  it('brings no deleted point back, and never overwrites a vector that an application wrote', async () => {
    const on = await switched();
    on.stores.remove('docs_v2', [{ kind: 'integer', id: '1' }]);
    on.stores.put('docs_v2', [{ ...docs(2)[1], vectors: { '': '[1.0,0.0]', new: '[7,7,7,7]' } } as PointText]);
    await lookAfter(on);
    expect(on.stores.pointsOf('docs_v2').map(({ id }) => id.id)).toEqual(['2', '3', '4', '5', '6', '7']);
    expect(on.stores.pointsOf('docs_v2')[0]?.vectors.new).toBe('[7,7,7,7]');
  });

  it('stops writing before a rollback compares, and goes on when that is refused', async () => {
    const on = await switched();
    on.stores.put('docs_v2', docs(8).slice(7));
    await lookAfter(on);
    await command(on.deps, 'm1', 'rollback');
    await on.settle();
    expect(await on.load()).toMatchObject({ phase: 'observing', rollback: { writes: 1 } });
    await lookAfter(on);
    await command(on.deps, 'm1', 'rollback', { loseWrites: 1 });
    await on.settle();
    expect((await on.load()).phase).toBe('rolled-back');
    expect(await on.aliases()).toEqual({ docs: 'docs_v1' });
  });

  it('says what is wrong where it cannot fill in, and goes on when that is mended', async () => {
    const on = await switched();
    on.stores.put('docs_v2', docs(8).slice(7));
    const away = {
      ...on.deps.rangeQueue,
      pending: async () => Promise.reject(new ReembedError('migration-failed', 'no key')),
    };
    for (let rounds = 0; (await on.load()).waiting === null && rounds < 50; rounds++) await on.step({ rangeQueue: away });
    expect((await on.load()).waiting?.reason).toContain('no key');
    await lookAfter(on);
    expect(on.stores.pointsOf('docs_v2')).toEqual(filled(docs(8)));
  });
});
