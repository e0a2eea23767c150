import { fakeVector, vectorText } from '@reembed/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReembedError } from '../domain/error.ts';
import { fenceAlias } from '../domain/migration.ts';
import { type PointText, pointIdToJson } from '../domain/point.ts';
import type { Points } from '../ports/collections.ts';
import { backfillRange } from './backfill-range.ts';
import { integer, point, type RangeFixtureOptions, rangeFixture } from './range-context.fixture.ts';

const fence = fenceAlias('m', 1);
const vectorFor = (body: string) => JSON.stringify([...Float32Array.from(fakeVector(body))]);
const old = (id: number, body?: string, vectors: PointText['vectors'] = {}) => point(id, body, { named: '[1.0,2.0]', ...vectors });

async function inPlace(options: RangeFixtureOptions = {}) {
  const vectors = { named: { keep: 'named' }, new: { embed: { model: 'fake/4', text: '{{body}}' } } };
  const on = await rangeFixture({ vectors, inPlace: true, ...options });
  await on.stores.collections.addVector('source', 'new', { dense: { size: 4, distance: 'Dot' } });
  const newVectors = () => Object.fromEntries(on.stores.pointsOf('source').map(({ id, vectors: { new: made } }) => [id.id, made]));
  return { ...on, newVectors, with: (points: Partial<Points>) => ({ ...on.context, points: { ...on.context.points, ...points } }) };
}

describe('backfillRange', () => {
  it('gives points the vector they lack, through the fence, and leaves everything else as it was', async () => {
    const on = await inPlace({ source: [old(1), old(2, 'has it', { new: '[9,9,9,9]' }), old(3)] });
    await backfillRange(on.context);
    expect(on.stores.pointsOf('source')).toEqual([
      old(1, 'text 1', { new: vectorFor('text 1') }),
      old(2, 'has it', { new: '[9,9,9,9]' }),
      old(3, 'text 3', { new: vectorFor('text 3') }),
    ]);
    expect(on.stores.acts.filter((act) => act.startsWith('updateVectors')).every((act) => act.includes(fence))).toBe(true);
    expect(on.checkpoints.at(-1)).toMatchObject({ next: null });
    expect(on.checkpoints.flatMap(({ delta }) => delta.findings)).toEqual(
      [1, 3].map((id) => ({ kind: 'vector-missing', id: integer(id) })),
    );
    expect(on.embedder.requests.flat()).toEqual(['text 1', 'text 3']);
  });

  it('embeds a text again that was edited between the reading and the writing, before its checkpoint', async () => {
    const on = await inPlace({ source: [old(1), old(2)] });
    let edits = 0;
    const context = on.with({
      updateVectors: async (collection, points, options) => {
        await on.stores.points.updateVectors(collection, points, options);
        if (edits++ < 2)
          on.stores.put('source', [
            { ...old(1, `edit ${edits}`), vectors: { ...old(1).vectors, new: vectorText(points[0]?.vectors.new ?? '') } },
          ]);
      },
    });
    await backfillRange(context);
    expect(on.newVectors()).toEqual({ 1: vectorFor('edit 2'), 2: vectorFor('text 2') });
    expect(on.checkpoints).toHaveLength(1);
  });

  it('lets a vector stay that an application wrote in the meantime', async () => {
    const on = await inPlace({ source: [old(1), old(2)] });
    const context = on.with({
      updateVectors: async (collection, points, options) => {
        on.stores.put('source', [old(2, 'text 2', { new: '[7,7,7,7]' })]);
        await on.stores.points.updateVectors(collection, points, options);
      },
    });
    await backfillRange(context);
    expect(on.newVectors()).toEqual({ 1: vectorFor('text 1'), 2: '[7,7,7,7]' });
  });

  it('writes the others when a point is deleted in the meantime, and brings none back', async () => {
    const on = await inPlace({ source: [old(1), old(2), old(3)], pagePoints: 3 });
    let gone = false;
    const context = on.with({
      updateVectors: async (collection, points, options) => {
        if (!gone) on.stores.remove('source', [integer(2)]);
        gone = true;
        await on.stores.points.updateVectors(collection, points, options);
      },
    });
    await backfillRange(context);
    expect(on.newVectors()).toEqual({ 1: vectorFor('text 1'), 3: vectorFor('text 3') });
  });

  it('is stopped by a closed fence, also in the middle of a page with absent points', async () => {
    const on = await inPlace({ source: [old(1), old(2)] });
    const context = on.with({
      updateVectors: async (collection, points, options) => {
        await on.stores.collections.dropAlias(fence);
        await on.stores.points.updateVectors(collection, points, options);
      },
    });
    await expect(backfillRange(context)).rejects.toMatchObject({ code: 'qdrant-not-found' });
    expect(on.newVectors()).toEqual({ 1: undefined, 2: undefined });
    expect(on.checkpoints).toEqual([]);
  });

  it.each([{ takenOver: true }, { attempts: 1 }])(
    'does two pages whole where an earlier holder may have written one that has slid since (%j)',
    async (range) => {
      const stale = vectorFor('before the edit');
      const on = await inPlace({ source: [1, 2, 3, 4, 5].map((id) => old(id, `text ${id}`, { new: stale })), range });
      await backfillRange(on.context);
      const [first, second, third, fourth] = [1, 2, 3, 4].map((id) => vectorFor(`text ${id}`));
      expect(on.newVectors()).toEqual({ 1: first, 2: second, 3: third, 4: fourth, 5: stale });
    },
  );

  it('does as many points whole where pages were longer before the spec was edited', async () => {
    const stale = vectorFor('before the edit');
    const source = [1, 2, 3, 4, 5].map((id) => old(id, `text ${id}`, { new: stale }));
    const on = await inPlace({ source, pagePoints: 1, range: { takenOver: true }, pass: { kind: 'backfill', pagePointsBefore: 2 } });
    await backfillRange(on.context);
    const whole = [1, 2, 3, 4].map((id) => vectorFor(`text ${id}`));
    expect(Object.values(on.newVectors())).toEqual([...whole, stale]);
  });

  it('killed at any request and taken over, while texts are edited, ends with every vector of its own text', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 25 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 6 }),
        async (kill, pagePoints, edited) => {
          const on = await inPlace({ source: [1, 2, 3, 4, 5, 6].map((id) => old(id)), pagePoints });
          let requests = 0;
          const dies =
            <Args extends unknown[], Answer>(call: (...args: Args) => Promise<Answer>) =>
            async (...args: Args): Promise<Answer> => {
              if (++requests >= kill) throw new ReembedError('qdrant-unreachable', 'away');
              return call(...args);
            };
          const { retrieve, updateVectors, lacking } = on.stores.points;
          await backfillRange(on.with({ retrieve: dies(retrieve), updateVectors: dies(updateVectors), lacking: dies(lacking) })).catch(
            () => undefined,
          );
          const before = on.stores.pointsOf('source').find(({ id }) => id.id === String(edited));
          const next = on.checkpoints.at(-1)?.next ?? null;
          const isCovered = requests < kill || (next !== null && edited < Number(next.id));
          // An edit of what is covered is the next pass's business only through hashField or the client.
          if (before !== undefined && !isCovered) on.stores.put('source', [{ ...before, payload: JSON.stringify({ body: 'edited' }) }]);
          if (requests >= kill) await backfillRange({ ...on.context, record: { ...on.context.record, next, takenOver: true } });
          for (const { payload, vectors } of on.stores.pointsOf('source')) {
            expect(vectors.new).toBe(vectorFor((JSON.parse(payload) as { body: string }).body));
          }
        },
      ),
    );
  });

  it('sets aside what cannot be embedded, tries it again when it has changed, and pays for nothing else', async () => {
    const on = await inPlace({ source: [old(1, 'REFUSED'), old(2)] });
    await backfillRange(on.context);
    expect(on.newVectors()).toEqual({ 1: undefined, 2: vectorFor('text 2') });
    expect((await on.state.setAside.count('m')).open).toBe(1);
    const requests = on.embedder.requests.length;
    await backfillRange(on.context);
    expect(on.embedder.requests).toHaveLength(requests);
    on.stores.put('source', [old(1, 'mended')]);
    await backfillRange(on.context);
    expect(on.newVectors()).toEqual({ 1: vectorFor('mended'), 2: vectorFor('text 2') });
    expect((await on.state.setAside.count('m')).open).toBe(0);
  });

  const withoutText = { new: { embed: { model: 'fake/4', text: '{{body}}', onMissingText: 'keep-without-vector' as const } } };

  it('takes away the vector that it wrote where the text was taken away in the meantime', async () => {
    const on = await inPlace({ source: [old(1), old(2)], vectors: withoutText });
    let edited = false;
    const context = on.with({
      updateVectors: async (collection, points, options) => {
        await on.stores.points.updateVectors(collection, points, options);
        if (!edited) on.stores.put('source', [old(1, '', { new: vectorText(points[0]?.vectors.new ?? '') })]);
        edited = true;
      },
    });
    await backfillRange(context);
    expect(on.newVectors()).toEqual({ 1: undefined, 2: vectorFor('text 2') });
  });

  it.each([
    ['where the text changed with it', 'edited'],
    ['where the text went away with it', ''],
  ])('leaves a vector that an application wrote between reading and writing the page, %s', async (_, body) => {
    const on = await inPlace({ source: [old(1), old(2)], vectors: withoutText });
    let wrote = false;
    const context = on.with({
      updateVectors: async (collection, points, options) => {
        if (!wrote) on.stores.put('source', [old(1, body, { new: '[7,7,7,7]' })]);
        wrote = true;
        await on.stores.points.updateVectors(collection, points, options);
      },
    });
    await backfillRange(context);
    expect(on.newVectors()).toEqual({ 1: '[7,7,7,7]', 2: vectorFor('text 2') });
  });

  it('leaves a vector that an application wrote over the one it was given, before that was looked at again', async () => {
    const on = await inPlace({ source: [old(1)] });
    let wrote = false;
    const context = on.with({
      updateVectors: async (collection, points, options) => {
        await on.stores.points.updateVectors(collection, points, options);
        if (!wrote) on.stores.put('source', [old(1, 'edited', { new: '[7,7,7,7]' })]);
        wrote = true;
      },
    });
    await backfillRange(context);
    expect(on.newVectors()).toEqual({ 1: '[7,7,7,7]' });
  });

  it.each([
    ['embedded anew', 'edited'],
    ['found to be gone', ''],
  ])('leaves a vector that an application wrote while an edited text was %s', async (_, body) => {
    const on = await inPlace({ source: [old(1), old(2)], vectors: withoutText });
    const looks: (() => void)[] = [
      // Its text is read again, its vector is ours still; then the application writes, and the last look finds that.
      () => undefined,
      () => on.stores.put('source', [old(1, body, { new: '[7,7,7,7]' })]),
    ];
    const context = on.with({
      async updateVectors(collection, points, options) {
        await on.stores.points.updateVectors(collection, points, options);
        const [first] = on.stores.pointsOf('source');
        if (looks.length === 2 && first !== undefined) on.stores.put('source', [{ ...first, payload: old(1, body).payload }]);
      },
      async retrieve(collection, request) {
        if (request.vectors?.includes('new')) looks.shift()?.();
        return on.stores.points.retrieve(collection, request);
      },
    });
    await backfillRange(context);
    expect(looks).toEqual([]);
    expect(on.newVectors()).toEqual({ 1: '[7,7,7,7]', 2: vectorFor('text 2') });
    expect((await on.state.setAside.count('m')).open).toBe(0);
  });

  it('leaves a vector that an application wrote for a point without text, also when its page is done again', async () => {
    const on = await inPlace({ source: [old(1, '', { new: '[7,7,7,7]' })], range: { takenOver: true }, vectors: withoutText });
    await backfillRange(on.context);
    expect(on.newVectors()).toEqual({ 1: '[7,7,7,7]' });
    expect(on.checkpoints.at(-1)?.delta.findings).toEqual([]);
  });

  it('makes vectors from vectors too, again where those changed in the meantime', async () => {
    const on = await rangeFixture({ source: [old(1), old(2)], vectors: { twin: { keep: 'named' } }, inPlace: true });
    await on.stores.collections.addVector('source', 'twin', { dense: { size: 2, distance: 'Dot' } });
    let edited = false;
    const updateVectors: Points['updateVectors'] = async (collection, points, options) => {
      await on.stores.points.updateVectors(collection, points, options);
      if (!edited) await on.stores.points.updateVectors('source', [{ id: integer(2), vectors: { named: '[5.0,5.0]' } }]);
      edited = true;
    };
    await backfillRange({ ...on.context, points: { ...on.context.points, updateVectors } });
    expect(on.stores.pointsOf('source').map(({ id, vectors }) => [pointIdToJson(id), vectors.twin])).toEqual([
      ['1', '[1.0,2.0]'],
      ['2', '[5.0,5.0]'],
    ]);
  });

  it('after a switch fills what an application left out, by what the collection itself has', async () => {
    const vectors = { kept: { keep: 'named' }, new: { embed: { model: 'fake/4', text: '{{body}}' } }, twin: { keep: 'named' } };
    const on = await rangeFixture({ vectors });
    for (const name of ['kept', 'twin']) await on.stores.collections.addVector('target', name, { dense: { size: 2, distance: 'Dot' } });
    await on.stores.collections.addVector('target', 'new', { dense: { size: 4, distance: 'Dot' } });
    on.stores.put('target', [point(1, 'born later', { kept: '[1.0,2.0]' })]);
    await backfillRange({ ...on.context, pass: { ...on.context.pass, kind: 'backfill' } });
    expect(on.stores.pointsOf('target')).toEqual([point(1, 'born later', { kept: '[1.0,2.0]', new: vectorFor('born later') })]);
  });
});
