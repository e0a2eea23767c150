import { fakeVector } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { adoptTarget } from '../commands/adopt.ts';
import { command, settleLateWrites } from '../commands/commands.ts';
import { viewOf } from '../commands/view.ts';
import type { PointText } from '../domain/point.ts';
import { buildSpec, docs, startFleet } from './fleet.fixture.ts';

const doc = (n: number, payload: object): PointText => ({
  id: { kind: 'integer', id: String(n) },
  payload: JSON.stringify(payload),
  vectors: { '': '[1.0,0.0]' },
});
const ids = (points: readonly PointText[]) => points.map(({ id }) => Number(id.id));
const freeze = { mode: 'manual', freeze: { url: 'http://127.0.0.1:9/freeze', timeoutMs: 30_000 } } as const;

/** Collections behind which somebody writes one more point to the source whenever a fence is closed. */
function withBusyWriter(on: Awaited<ReturnType<typeof startFleet>>) {
  let written = 0;
  const flush = async (name: string) => {
    on.stores.put('docs_v1', [doc(100 + written++, { body: 'busy' })]);
    await on.stores.collections.flush(name);
  };
  return { collections: { ...on.deps.collections, flush }, written: () => written };
}

async function ready(options: Parameters<typeof startFleet>[0] = {}, spec = buildSpec()) {
  const on = await startFleet(options);
  await on.submit(spec);
  await on.settle();
  expect((await on.load()).phase).toBe('ready');
  return on;
}

describe('following a live source', () => {
  it('replaces a changed payload and pays nothing where its text stayed the same', async () => {
    const on = await ready();
    const { texts } = await on.state.ranges.spent('m1');
    const before = on.stores.pointsOf('docs_v2')[2]?.vectors;
    on.stores.put('docs_v1', [doc(3, { body: 'text 3', stars: 5 })]);
    await on.follow();
    expect(on.stores.pointsOf('docs_v2')[2]).toMatchObject({ payload: '{"body":"text 3","stars":5}', vectors: before });
    expect((await on.state.ranges.spent('m1')).texts).toBe(texts);
  });

  it('embeds anew what reads differently, and writes payload and vectors in one request', async () => {
    const on = await ready();
    const { texts } = await on.state.ranges.spent('m1');
    const before = on.stores.pointsOf('docs_v2')[2]?.vectors;
    on.stores.put('docs_v1', [doc(3, { body: 'another text' })]);
    const acts = on.stores.acts.length;
    await on.follow();
    const after = on.stores.pointsOf('docs_v2')[2];
    expect(after?.payload).toBe('{"body":"another text"}');
    expect(after?.vectors.new).not.toBe(before?.new);
    expect(after?.vectors['']).toBe(before?.['']);
    expect((await on.state.ranges.spent('m1')).texts).toBe(texts + 1);
    expect(on.stores.acts.slice(acts).filter((act) => /^(updateOnly|insertOnly|remove)/.test(act))).toEqual([
      expect.stringMatching(/^updateOnly reembed\.m1\.\d+ 3$/),
    ]);
  });

  it('follows a kept vector that was changed', async () => {
    const on = await ready();
    on.stores.put('docs_v1', [{ ...doc(2, { body: 'text 2' }), vectors: { '': '[0.0,1.0]' } }]);
    await on.follow();
    expect(on.stores.pointsOf('docs_v2')[1]?.vectors['']).toBe('[0.0,1.0]');
  });

  it('cuts a changed source vector anew, and embeds no text for it', async () => {
    const vectors = {
      small: { truncate: { vector: '', dimensions: 1, force: true } },
      new: { embed: { model: 'fake/4', text: '{{body}}' } },
    };
    const on = await ready({}, buildSpec({ vectors }));
    const { texts } = await on.state.ranges.spent('m1');
    expect(on.stores.pointsOf('docs_v2')[1]?.vectors.small).toBe('[1]');
    on.stores.put('docs_v1', [{ ...doc(2, { body: 'text 2' }), vectors: { '': '[-3.0,1.0]' } }]);
    await on.follow();
    expect(on.stores.pointsOf('docs_v2')[1]?.vectors.small).toBe('[-1]');
    expect((await on.state.ranges.spent('m1')).texts).toBe(texts);
  });

  it('sends a changed text to Qdrant again where Qdrant embeds, and no other', async () => {
    const embed = { model: 'openai/any', via: 'qdrant', dimensions: 4, text: '{{body}}' } as const;
    const on = await ready({}, buildSpec({ vectors: { new: { embed } } }));
    expect(on.embedder.requests).toEqual([]);
    expect(on.stores.pointsOf('docs_v2')[1]?.vectors.new).toBe(JSON.stringify(fakeVector('text 2')));
    const { texts } = await on.state.ranges.spent('m1');
    on.stores.put('docs_v1', [doc(2, { body: 'changed' }), doc(3, { body: 'text 3', stars: 5 })]);
    await on.follow();
    expect(on.stores.pointsOf('docs_v2')[1]?.vectors.new).toBe(JSON.stringify(fakeVector('changed')));
    expect((await on.state.ranges.spent('m1')).texts).toBe(texts + 1);
    expect((await on.load()).origins).toEqual({
      new: { model: 'openai/any', dimensions: 4, text: '{{body}}', via: 'qdrant', options: {} },
    });
  });

  it('has Qdrant make learned sparse vectors and rows, sends a changed text again, and leaves out who has none', async () => {
    const sparse = { model: 'prithivida/splade-pp', text: '{{body}}' };
    const multivector = { model: 'colbert-ir/colbertv2.0', dimensions: 4, text: '{{body}}' };
    const vectors = { '': { keep: '' }, learned: { sparse }, rows: { multivector } };
    const on = await ready({ points: [...docs(3), doc(9, { stars: 1 })] }, buildSpec({ vectors, search: { new: { using: '' } } }));
    expect(on.embedder.requests).toEqual([]);
    const made = (at: number) => on.stores.pointsOf('docs_v2')[at]?.vectors ?? {};
    const vector = fakeVector('text 2');
    expect(made(1)).toMatchObject({
      learned: JSON.stringify({ indices: [0, 1, 2, 3], values: vector }),
      rows: JSON.stringify([vector, vector]),
    });
    expect(Object.keys(made(3))).toEqual(['']);
    const { texts } = await on.state.ranges.spent('m1');
    on.stores.put('docs_v1', [doc(2, { body: 'changed' })]);
    await on.follow();
    expect(made(1).rows).toBe(JSON.stringify([fakeVector('changed'), fakeVector('changed')]));
    expect((await on.state.ranges.spent('m1')).texts).toBe(texts + 2);
    expect((await on.load()).origins).toMatchObject({
      learned: { ...sparse, via: 'qdrant', dimensions: 0 },
      rows: { dimensions: 4, via: 'qdrant' },
    });
    const target = await on.stores.collections.describe('docs_v2');
    expect(target?.sparseVectors.learned).toMatchObject({ index: { on_disk: true } });
    expect(target?.vectors.rows).toMatchObject({ on_disk: true, hnsw_config: { m: 0 }, multivector_config: { comparator: 'max_sim' } });
  });

  it('maps a changed source vector anew, and embeds no text for it', async () => {
    const vectors = { mapped: { project: { vector: '', adapter: 'map.json' }, distance: 'Dot' as const } };
    const on = await ready({}, buildSpec({ vectors }));
    expect(on.stores.pointsOf('docs_v2')[1]?.vectors.mapped).toBe('[1,0,1]');
    on.stores.put('docs_v1', [{ ...doc(2, { body: 'text 2' }), vectors: { '': '[-3.0,1.0]' } }]);
    await on.follow();
    expect(on.stores.pointsOf('docs_v2')[1]?.vectors.mapped).toBe('[-3,1,1]');
    expect((await on.state.ranges.spent('m1')).texts).toBe(0);
  });

  it('deletes what vanished, and only that', async () => {
    const on = await ready({ points: docs(30) });
    on.stores.remove('docs_v1', [
      { kind: 'integer', id: '4' },
      { kind: 'integer', id: '29' },
    ]);
    await on.follow();
    expect(ids(on.stores.pointsOf('docs_v2'))).toEqual(ids(docs(30)).filter((id) => id !== 4 && id !== 29));
  });

  it('does not delete a point that the second look finds in the source', async () => {
    const on = await ready();
    on.stores.remove('docs_v1', [{ kind: 'integer', id: '4' }]);
    const points = {
      ...on.stores.points,
      retrieve: async (...[collection, request]: Parameters<typeof on.stores.points.retrieve>) => {
        if (request.majority) on.stores.put('docs_v1', docs(7));
        return on.stores.points.retrieve(collection, request);
      },
    };
    for (let rounds = 0; rounds < 60; rounds++) {
      await on.step({ points });
      await on.work();
    }
    expect(ids(on.stores.pointsOf('docs_v2'))).toContain(4);
  });

  it('asks before it deletes many, counts small losses together, and goes on after a word', async () => {
    const on = await ready({ points: docs(40) });
    const gone = (from: number, to: number) =>
      docs(40)
        .slice(from, to)
        .map(({ id }) => id);
    on.stores.remove('docs_v1', gone(0, 6));
    await on.follow();
    expect(on.stores.pointsOf('docs_v2')).toHaveLength(34);
    on.stores.remove('docs_v1', gone(6, 12));
    await on.settle();
    await on.follow();
    const { phase, error } = await on.load();
    expect([phase, error?.code]).toEqual(['failed', 'deletes-need-approval']);
    expect(error?.message).toContain('--allow-deletes 6');
    expect(on.stores.pointsOf('docs_v2')).toHaveLength(34);
    await command(on.deps, 'm1', 'resume', { allowDeletes: 6 });
    await on.settle();
    expect((await on.load()).phase).toBe('ready');
    expect(on.stores.pointsOf('docs_v2')).toHaveLength(28);
  });

  it('removes the stale copy of a point whose new text cannot be embedded, and takes acceptance by payload', async () => {
    const on = await ready();
    on.stores.put('docs_v1', [doc(3, { body: 'REFUSED' })]);
    await on.follow();
    expect(ids(on.stores.pointsOf('docs_v2'))).not.toContain(3);
    expect(await on.state.setAside.count('m1')).toEqual({ open: 1, accepted: 0 });
    await expect(command(on.deps, 'm1', 'switch')).rejects.toThrow('1 point(s)');
    await on.state.setAside.accept('m1', { all: true });
    const { texts } = await on.state.ranges.spent('m1');
    await on.follow();
    expect((await on.state.ranges.spent('m1')).texts).toBe(texts);
    on.stores.put('docs_v1', [doc(3, { body: 'REFUSED again' })]);
    await on.follow();
    expect(await on.state.setAside.count('m1')).toEqual({ open: 1, accepted: 0 });
    on.stores.put('docs_v1', [doc(3, { body: 'mended' })]);
    await on.follow();
    expect(await on.state.setAside.count('m1')).toEqual({ open: 0, accepted: 0 });
    expect(ids(on.stores.pointsOf('docs_v2'))).toContain(3);
  });

  it('switches with an accepted failure missing', async () => {
    const on = await startFleet();
    on.stores.put('docs_v1', [doc(3, { body: 'REFUSED' })]);
    await on.submit();
    await on.settle();
    await on.state.setAside.accept('m1', { code: 'provider-refused-input' });
    await command(on.deps, 'm1', 'switch');
    await on.settle();
    expect((await on.load()).phase).toBe('observing');
    expect(ids(on.stores.pointsOf('docs_v2'))).toEqual([1, 2, 4, 5, 6, 7]);
  });
});

describe('a source that is written to faster than a round of sync takes', () => {
  /** Some points are edited whenever a fence is closed; which ones is for the caller to say. */
  function withEdits(on: Awaited<ReturnType<typeof startFleet>>, edited: (round: number) => number[]) {
    let round = 0;
    const flush = async (name: string) => {
      round++;
      on.stores.put(
        'docs_v1',
        edited(round).map((n) => doc(n, { body: `edition ${round}` })),
      );
      await on.stores.collections.flush(name);
    };
    return { ...on.deps.collections, flush };
  }
  const from = (first: number) => Array.from({ length: 15 }, (_, at) => first + at);

  it('is ready once another round would not make the difference smaller, and a freeze then ends it', async () => {
    const on = await startFleet({ points: docs(60) });
    await on.submit(buildSpec({ switch: freeze }));
    await on.settle({ collections: withEdits(on, (round) => from(1 + 15 * (round % 4))) });
    expect(on.phases.slice(-4)).toEqual(['verifying', 'syncing', 'verifying', 'ready']);
    await command(on.deps, 'm1', 'switch');
    await on.settle();
    expect(await on.load()).toMatchObject({ phase: 'observing', lateWrites: [] });
  });

  it('is ready as soon where the same points are edited again and again, and never switches by that', async () => {
    const on = await startFleet({ points: docs(60) });
    await on.submit(buildSpec({ sync: { maxPasses: 2 } }));
    const collections = withEdits(on, () => from(1));
    await on.settle({ collections });
    expect(on.phases.slice(-4)).toEqual(['verifying', 'syncing', 'verifying', 'ready']);
    expect(await on.load()).toMatchObject({ phase: 'ready', verification: { findings: [{ kind: 'payload-differs', count: 15 }] } });
    await command(on.deps, 'm1', 'switch');
    await on.settle({ collections });
    expect((await on.load()).error?.code).toBe('not-converging');
    expect(await on.alias()).toBe('docs_v1');
  });
});

describe('points that do not stay as they are written', () => {
  /** Somebody puts their own payload into the target whenever a fence is closed. */
  function withMeddler(on: Awaited<ReturnType<typeof startFleet>>, meddled: readonly number[]) {
    let round = 0;
    const flush = async (name: string) => {
      round++;
      on.stores.put(
        'docs_v2',
        on.stores
          .pointsOf('docs_v2')
          .filter(({ id }) => meddled.includes(Number(id.id)))
          .map((point) => ({ ...point, payload: `{"meddled":${round}}` })),
      );
      await on.stores.collections.flush(name);
    };
    return { ...on.deps.collections, flush };
  }
  const eleven = Array.from({ length: 11 }, (_, at) => at + 1);

  it('stop the migration after one round that did not mend them, named, instead of after all rounds', async () => {
    const on = await startFleet({ points: docs(60) });
    await on.submit();
    await on.settle({ collections: withMeddler(on, eleven) });
    const { phase, error, syncRounds } = await on.load();
    expect([phase, error?.code, syncRounds]).toEqual(['failed', 'not-converging', 1]);
    expect(error?.message).toContain('sync cannot mend 11 payload-differs (1, 2, 3, 4, 5, …)');
    await command(on.deps, 'm1', 'resume');
    await on.settle();
    expect((await on.load()).phase).toBe('ready');
  });

  it('stop a switch likewise, however few they are', async () => {
    const on = await ready();
    await command(on.deps, 'm1', 'switch');
    await on.settle({ collections: withMeddler(on, [3]) });
    const { phase, error, syncRounds } = await on.load();
    expect([phase, error?.code, syncRounds]).toEqual(['failed', 'not-converging', 1]);
    expect(error?.message).toContain('sync cannot mend 1 payload-differs (3)');
    expect(await on.alias()).toBe('docs_v1');
  });

  it('are no late writes: a switch that accepts those stops likewise, few or many', async () => {
    const on = await startFleet();
    const collections = withMeddler(on, [3]);
    await on.submit();
    await on.settle({ collections });
    expect(await on.load()).toMatchObject({ phase: 'ready', verification: { findings: [{ kind: 'payload-differs', count: 1 }] } });
    await command(on.deps, 'm1', 'switch', { acceptLateWrites: true });
    await on.settle({ collections });
    const { phase, error } = await on.load();
    expect([phase, error?.code]).toEqual(['failed', 'not-converging']);
    expect(error?.message).toContain('sync cannot mend 1 payload-differs (3)');
    expect(await on.alias()).toBe('docs_v1');
    await command(on.deps, 'm1', 'resume');
    await on.settle();
    await command(on.deps, 'm1', 'switch', { acceptLateWrites: true });
    await on.settle();
    expect(await on.load()).toMatchObject({ phase: 'observing', lateWrites: [] });
  });
});

describe('the switch', () => {
  it('takes what was written until its last pass along', async () => {
    const on = await ready();
    on.stores.put('docs_v1', docs(12));
    on.stores.put('docs_v1', [doc(2, { body: 'edited' })]);
    await command(on.deps, 'm1', 'switch');
    await on.settle();
    expect((await on.load()).error).toBeNull();
    expect(on.stores.pointsOf('docs_v2').map(({ payload }) => payload)).toEqual(
      on.stores.pointsOf('docs_v1').map(({ payload }) => payload),
    );
  });

  it('goes back to sync for a write between its last pass and the alias, and then switches by itself', async () => {
    const on = await ready();
    await command(on.deps, 'm1', 'switch');
    while ((await on.load()).cutover !== 'compare') {
      await on.step();
      await on.work();
    }
    on.stores.put('docs_v1', [doc(99, { body: 'late' })]);
    await on.settle();
    expect(on.phases.slice(-5)).toEqual(['syncing', 'verifying', 'ready', 'switching', 'observing']);
    expect(ids(on.stores.pointsOf('docs_v2'))).toContain(99);
    expect((await on.load()).lateWrites).toEqual([]);
  });

  it('gives up with the reason when the source never stands still', async () => {
    const on = await ready({}, buildSpec({ sync: { maxPasses: 2 } }));
    const busy = withBusyWriter(on);
    await command(on.deps, 'm1', 'switch');
    await on.settle({ collections: busy.collections });
    const { phase, error, approval } = await on.load();
    expect([phase, error?.code, approval]).toEqual(['failed', 'not-converging', null]);
    expect(await on.alias()).toBe('docs_v1');
  });

  it('that gave up goes on by a word that holds through the rounds of sync, and takes late writes where that is said', async () => {
    const on = await ready({}, buildSpec({ sync: { maxPasses: 2 } }));
    const busy = withBusyWriter(on);
    await command(on.deps, 'm1', 'switch');
    await on.settle({ collections: busy.collections });
    await command(on.deps, 'm1', 'resume', { switch: true });
    await on.settle({ collections: busy.collections });
    expect((await on.load()).error?.code).toBe('not-converging');
    await command(on.deps, 'm1', 'resume', { switch: true, acceptLateWrites: true });
    await on.settle({ collections: busy.collections });
    expect(await on.load()).toMatchObject({ phase: 'observing', lateWrites: [{ kind: 'missing' }] });
  });

  it('lists late writes where they are accepted, and closes complete until they are dealt with', async () => {
    const on = await ready();
    const busy = withBusyWriter(on);
    await command(on.deps, 'm1', 'switch', { acceptLateWrites: true });
    await on.settle({ collections: busy.collections });
    const switched = await on.load();
    expect(switched.phase).toBe('observing');
    expect(switched.lateWrites).toMatchObject([{ kind: 'missing', count: busy.written() }]);
    await expect(command(on.deps, 'm1', 'complete', { confirm: 'docs_v1' })).rejects.toThrow('came late');
    await settleLateWrites(on.deps, 'm1', 'insert-missing');
    await on.settle();
    expect(await on.load()).toMatchObject({ phase: 'observing', lateWrites: [] });
    expect(ids(on.stores.pointsOf('docs_v2'))).toContain(100);
    await command(on.deps, 'm1', 'complete', { confirm: 'docs_v1' });
    await on.settle();
    expect((await on.load()).phase).toBe('completed');
  });

  it('lists a write that came after the comparison, in the moment the alias moved', async () => {
    const on = await ready();
    await command(on.deps, 'm1', 'switch');
    const late = {
      ...on.deps.collections,
      pointAlias: async (alias: string, collection: string) => {
        await on.stores.collections.pointAlias(alias, collection);
        if (alias === 'docs') on.stores.put('docs_v1', [doc(50, { body: 'late' }), doc(2, { body: 'late edit' })]);
      },
    };
    await on.settle({ collections: late });
    expect((await on.load()).lateWrites).toMatchObject([
      { kind: 'missing', count: 1, ids: [{ id: '50' }] },
      { kind: 'payload-differs', count: 1, ids: [{ id: '2' }] },
    ]);
    // The live target is not touched without a word, and then only where it has nothing.
    expect(ids(on.stores.pointsOf('docs_v2'))).not.toContain(50);
    await settleLateWrites(on.deps, 'm1', 'insert-missing');
    await on.settle();
    expect(ids(on.stores.pointsOf('docs_v2'))).toContain(50);
    expect(on.stores.pointsOf('docs_v2')[1]?.payload).toBe('{"body":"text 2"}');
    await settleLateWrites(on.deps, 'm1', 'accept');
    expect((await on.load()).lateWrites).toEqual([]);
  });
});

describe('late writes, once Redis was lost', () => {
  async function switchedAndLost(count: number, meanwhile: (on: Awaited<ReturnType<typeof startFleet>>) => Promise<void> = async () => {}) {
    const on = await ready();
    await command(on.deps, 'm1', 'switch');
    const late = {
      ...on.deps.collections,
      pointAlias: async (alias: string, collection: string) => {
        await on.stores.collections.pointAlias(alias, collection);
        if (alias === 'docs')
          on.stores.put(
            'docs_v1',
            Array.from({ length: count }, (_, n) => doc(100 + n, { body: `late ${n}` })),
          );
      },
    };
    await on.settle({ collections: late });
    expect(await on.load()).toMatchObject({ phase: 'observing', lateWrites: [{ kind: 'missing', count }] });
    on.loseRedis();
    await meanwhile(on);
    const { how } = await adoptTarget(on.deps, 'docs_v2');
    expect(how).toBe('adopted');
    await on.settle();
    return on;
  }
  const missing = (on: Awaited<ReturnType<typeof startFleet>>) => {
    const there = ids(on.stores.pointsOf('docs_v2'));
    return ids(on.stores.pointsOf('docs_v1')).filter((id) => !there.includes(id)).length;
  };

  it('are listed by id as before, and the missing are inserted on a word', async () => {
    const on = await switchedAndLost(3);
    expect((await on.load()).lateWrites).toMatchObject([{ count: 3, ids: [{ id: '100' }, { id: '101' }, { id: '102' }] }]);
    await settleLateWrites(on.deps, 'm1', 'insert-missing');
    await on.settle();
    expect(missing(on)).toBe(0);
    expect((await on.load()).lateWrites).toEqual([]);
  });

  it('are embedded once: what an insertion that was cut short had stored is left as it is', async () => {
    const on = await switchedAndLost(3);
    on.stores.put('docs_v2', [{ ...doc(101, { body: 'late 1' }), vectors: { '': '[1.0,0.0]', new: '[1,0,0,0]' } }]);
    const asked = on.embedder.requests.length;
    await settleLateWrites(on.deps, 'm1', 'insert-missing');
    await on.settle();
    expect(on.embedder.requests.slice(asked).flat().sort()).toEqual(['late 0', 'late 2']);
    expect(missing(on)).toBe(0);
  });

  it('keep their ids, however many there are, and all of them are inserted', async () => {
    const on = await switchedAndLost(1_234);
    expect((await on.load()).lateWrites).toMatchObject([{ kind: 'missing', count: 1_234, ids: { length: 100 } }]);
    await settleLateWrites(on.deps, 'm1', 'insert-missing');
    await on.settle();
    expect(missing(on)).toBe(0);
    expect((await on.load()).lateWrites).toEqual([]);
  });

  it('stay open where somebody deletes the list of them later, however often the missing are to be inserted', async () => {
    const on = await switchedAndLost(3);
    await on.state.lateWrites.clear('m1');
    for (let n = 0; n < 2; n++) {
      await settleLateWrites(on.deps, 'm1', 'insert-missing');
      await on.settle();
      expect((await on.load()).lateWrites).toEqual([{ kind: 'missing', count: 3, ids: [] }]);
    }
  });

  it('stay open where their ids are not known any more, so that nothing completes over them', async () => {
    const on = await switchedAndLost(150, async (lost) => {
      const { lateWrites } = await lost.state.lateWrites.page('m1', null, 100);
      await lost.state.lateWrites.clear('m1');
      await lost.state.lateWrites.put('m1', lateWrites);
    });
    for (let n = 0; n < 2; n++) {
      await settleLateWrites(on.deps, 'm1', 'insert-missing');
      await on.settle();
    }
    expect(missing(on)).toBe(50);
    expect((await on.load()).lateWrites).toEqual([{ kind: 'missing', count: 50, ids: [] }]);
    const refused = command(on.deps, 'm1', 'complete', { confirm: 'docs_v1' });
    await expect(refused).rejects.toThrow(/50 missing \(ids not known.*comparing the ids of "docs_v1" and "docs_v2"/);
    expect((await viewOf(on.deps, await on.load())).next).toContain('The ids of 50 of them are not kept any more');
    await settleLateWrites(on.deps, 'm1', 'accept');
    await command(on.deps, 'm1', 'complete', { confirm: 'docs_v1' });
  });
});

describe('ranges that grew', () => {
  const totalRanges = async (on: Awaited<ReturnType<typeof startFleet>>) => {
    const { lastPassNumber } = await on.load();
    return (await on.state.ranges.summary('m1', lastPassNumber)).total;
  };

  it('are divided by the pass that finds them, once, and everything in them arrives', async () => {
    const on = await ready();
    const before = await totalRanges(on);
    on.stores.put('docs_v1', docs(60));
    await on.follow();
    const after = await totalRanges(on);
    expect(after - before).toBeGreaterThanOrEqual(60 / 6 - before);
    expect(ids(on.stores.pointsOf('docs_v2'))).toEqual(ids(docs(60)));
    const { texts } = await on.state.ranges.spent('m1');
    await on.follow();
    expect(await totalRanges(on)).toBe(after);
    expect((await on.state.ranges.spent('m1')).texts).toBe(texts);
  });

  it('never change between the comparison and the look back: only what came late is listed', async () => {
    const on = await ready();
    on.stores.put('docs_v1', docs(60));
    await command(on.deps, 'm1', 'switch');
    const pointAlias = async (alias: string, collection: string) => {
      await on.stores.collections.pointAlias(alias, collection);
      if (alias === 'docs') on.stores.put('docs_v1', docs(100).slice(70));
    };
    let compared = 0;
    const flush = async (name: string) => {
      compared = await totalRanges(on);
      await on.stores.collections.flush(name);
    };
    await on.settle({ collections: { ...on.deps.collections, flush, pointAlias } });
    expect(await on.load()).toMatchObject({ phase: 'observing', lateWrites: [{ kind: 'missing', count: 30 }] });
    expect(await totalRanges(on)).toBe(compared);
  });
});

describe('deletes of a sync pass', () => {
  it('are writes like any other: whoever closes the fence waits for them', async () => {
    const on = await ready();
    on.stores.remove('docs_v1', [{ kind: 'integer', id: '2' }]);
    let writers: number | null = null;
    const remove: typeof on.deps.points.remove = async (collection, gone) => {
      writers = await on.state.writers.close('m1', (await on.load()).epoch);
      await on.deps.points.remove(collection, gone);
    };
    on.clock.advance(60_000);
    for (let rounds = 0; rounds < 40 && writers === null; rounds++) {
      await on.step({ points: { ...on.deps.points, remove } });
      await on.work();
    }
    expect(writers).toBe(1);
    expect(await on.state.writers.close('m1', (await on.load()).epoch)).toBe(0);
  });
});

describe('a freeze', () => {
  it('holds writers before the last pass and releases them after the alias has moved', async () => {
    const on = await ready({}, buildSpec({ switch: freeze }));
    const order: string[] = [];
    const freezeHook = {
      hold: async () => void order.push('hold'),
      release: async () => void order.push(`release, alias at ${await on.alias()}`),
    };
    await command(on.deps, 'm1', 'switch');
    await on.settle({ freezeHook });
    expect((await on.load()).phase).toBe('observing');
    expect(order[0]).toBe('hold');
    expect(order.at(-1)).toBe('release, alias at docs_v2');
  });

  it('is renewed while it is needed', async () => {
    const on = await ready({ points: docs(60) }, buildSpec({ switch: { mode: 'manual', freeze: { ...freeze.freeze, timeoutMs: 3_000 } } }));
    await command(on.deps, 'm1', 'switch');
    for (let rounds = 0; rounds < 400 && (await on.load()).phase !== 'observing'; rounds++) {
      await on.step();
      if (rounds % 8 === 0) await on.work();
    }
    expect((await on.load()).phase).toBe('observing');
    expect(on.freezeHook.asked.filter((act) => act === 'hold').length).toBeGreaterThan(1);
  });

  it('that will run out before the alias could move stops the switch, and writers go on', async () => {
    const on = await ready({}, buildSpec({ switch: freeze }));
    await command(on.deps, 'm1', 'switch');
    while ((await on.load()).cutover !== 'compare') {
      await on.step();
      await on.work();
    }
    // The clock runs on between the renewal and the end of the comparison.
    const count = async (name: string) => {
      on.clock.advance(60_000);
      return on.stores.collections.count(name);
    };
    const slow = { ...on.deps.collections, count };
    for (let rounds = 0; rounds < 40 && (await on.load()).phase === 'switching'; rounds++) {
      await on.step({ collections: slow });
      await on.work();
    }
    expect((await on.load()).phase).toBe('syncing');
    expect(await on.alias()).toBe('docs_v1');
    expect(on.freezeHook.asked.at(-1)).toBe('release');
  });

  it('that lapsed while nobody looked makes the comparison worthless: what was written meanwhile is copied first', async () => {
    const on = await ready({}, buildSpec({ switch: freeze }));
    await command(on.deps, 'm1', 'switch');
    while ((await on.load()).cutover !== 'compare' || (await on.load()).pass === null) {
      await on.step();
      await on.work();
    }
    // The coordinator is gone for an hour; another one goes on, which knows of no hold.
    on.clock.advance(3_600_000);
    on.deps.holds.clear();
    on.stores.put('docs_v1', [doc(8, { body: 'acknowledged meanwhile' })]);
    await on.settle();
    expect(await on.load()).toMatchObject({ phase: 'observing', lateWrites: [] });
    expect(ids(on.stores.pointsOf('docs_v2'))).toContain(8);
  });

  it('that is too short for one request within it fails at once, instead of holding writers again and again for nothing', async () => {
    const on = await ready({}, buildSpec({ switch: { mode: 'manual', freeze: { ...freeze.freeze, timeoutMs: 1_500 } } }));
    await command(on.deps, 'm1', 'switch');
    await on.settle();
    const { phase, error } = await on.load();
    expect([phase, error?.code]).toEqual(['failed', 'freeze-failed']);
    expect(error?.message).toContain('switch.freeze.timeoutMs is 1500');
    expect(on.freezeHook.asked).not.toContain('hold');
  });

  it('that the hook refuses stops the switch before anything is done', async () => {
    const on = await ready({}, buildSpec({ switch: freeze }));
    on.freezeHook.fails = true;
    await command(on.deps, 'm1', 'switch');
    await on.settle();
    const { phase, error } = await on.load();
    expect([phase, error?.code]).toEqual(['failed', 'freeze-failed']);
    expect(await on.alias()).toBe('docs_v1');
  });

  it('never lets late writes pass as accepted', async () => {
    const on = await ready({}, buildSpec({ switch: freeze, sync: { maxPasses: 1 } }));
    const cheating = withBusyWriter(on);
    await command(on.deps, 'm1', 'switch', { acceptLateWrites: true });
    await on.settle({ collections: cheating.collections });
    expect((await on.load()).error?.code).toBe('not-converging');
    expect(await on.alias()).toBe('docs_v1');
    expect(on.freezeHook.asked.at(-1)).toBe('release');
  });
});
