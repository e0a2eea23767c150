import type { PointId } from '@reembed/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReembedError } from '../domain/error.ts';
import { fenceAlias } from '../domain/migration.ts';
import { comparePointIds, type PointText } from '../domain/point.ts';
import type { Points } from '../ports/collections.ts';
import { copyRange } from './copy-range.ts';
import { anyId, gate, integer, point, rangeFixture } from './range-context.fixture.ts';
import type { RangeContext } from './range-context.ts';

const ids = (points: readonly Pick<PointText, 'id'>[]) => points.map(({ id }) => id.id);
const numbered = (count: number) => Array.from({ length: count }, (_, n) => point(n + 1));

function withInsert(context: RangeContext, insertOnly: Points['insertOnly']): RangeContext {
  return { ...context, points: { ...context.points, insertOnly } };
}

describe('copyRange', () => {
  it('copies every point of the range once, payload unchanged, through the fence', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(anyId, { selector: (id) => id.id }),
        fc.option(anyId),
        fc.option(anyId),
        fc.integer({ min: 1, max: 4 }),
        async (all, start, end, pagePoints) => {
          const on = await rangeFixture({ source: all.map((id) => point(id)), range: { start, end }, pagePoints });
          await copyRange(on.context);
          const inside = ({ id }: PointText) =>
            (start === null || comparePointIds(id, start) >= 0) && (end === null || comparePointIds(id, end) < 0);
          const expected = on.stores.pointsOf('source').filter(inside);
          expect(on.stores.pointsOf('target').map(({ id, payload }) => ({ id, payload }))).toEqual(
            expected.map(({ id, payload }) => ({ id, payload })),
          );
          expect(on.checkpoints.reduce((sum, { delta }) => sum + delta.points, 0)).toBe(expected.length);
          expect(on.checkpoints.at(-1)?.next).toBeNull();
          expect(on.stores.acts.filter((act) => act.startsWith('insertOnly')).every((act) => act.includes(fenceAlias('m', 1)))).toBe(true);
        },
      ),
    );
  });

  it('goes on at its checkpoint', async () => {
    const on = await rangeFixture({ source: numbered(6), range: { next: integer(4), takenOver: true } });
    await copyRange(on.context);
    expect(ids(on.stores.pointsOf('target'))).toEqual(['4', '5', '6']);
  });

  it('never lets a checkpoint cover a page that is not acknowledged, whatever later pages are', async () => {
    const on = await rangeFixture({ source: numbered(6) });
    const first = gate();
    const third = gate();
    const inserted: string[][] = [];
    const copying = copyRange(
      withInsert(on.context, async (collection, points) => {
        if (points[0]?.id.id === '1') await first.pass();
        await on.stores.points.insertOnly(collection, points);
        inserted.push(ids(points));
        if (points[0]?.id.id === '5') await third.pass();
      }),
    );
    await third.reached;
    expect(inserted).toEqual([
      ['3', '4'],
      ['5', '6'],
    ]);
    expect(on.checkpoints).toEqual([]);
    first.open();
    third.open();
    await copying;
    expect(on.checkpoints.map(({ next }) => next?.id)).toEqual(['3', '5', undefined]);
  });

  it('keeps the checkpoint before a page that failed, also when later ones arrived', async () => {
    const on = await rangeFixture({ source: numbered(8) });
    const copying = copyRange(
      withInsert(on.context, async (collection, points) => {
        if (points[0]?.id.id === '3') throw new ReembedError('qdrant-unreachable', 'away');
        await on.stores.points.insertOnly(collection, points);
      }),
    );
    await expect(copying).rejects.toMatchObject({ code: 'qdrant-unreachable' });
    expect(on.checkpoints.map(({ next }) => next?.id)).toEqual(['3']);
    expect(ids(on.stores.pointsOf('target'))).not.toContain('3');
  });

  it('resumed anywhere after a failure ends with every point once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 3 }), async (count, pagePoints) => {
        const on = await rangeFixture({ source: numbered(12), pagePoints });
        let writes = 0;
        const failing = withInsert(on.context, async (collection, points) => {
          if (++writes === count) throw new ReembedError('qdrant-unreachable', 'away');
          await on.stores.points.insertOnly(collection, points);
        });
        await copyRange(failing).catch(() => undefined);
        const next: PointId | null = on.checkpoints.at(-1)?.next ?? null;
        await copyRange({ ...on.context, record: { ...on.context.record, next, attempts: 1, takenOver: true } });
        expect(ids(on.stores.pointsOf('target'))).toEqual(ids(on.stores.pointsOf('source')));
      }),
    );
  });

  it('does not end before every write it began has ended: whoever closes the fence counts on it', async () => {
    const on = await rangeFixture({ source: numbered(6) });
    const slow = gate();
    const ended: string[] = [];
    const copying = copyRange(
      withInsert(on.context, async (_collection, points, signal) => {
        const [first = ''] = ids(points);
        // A write that is on its way cannot be called back: tearing the connection off would only hide what becomes of it.
        expect(signal).toBeUndefined();
        if (first === '1') throw new ReembedError('qdrant-unreachable', 'away');
        await slow.pass();
        ended.push(first);
      }),
    ).then(
      () => 'done',
      () => 'failed',
    );
    await slow.reached;
    expect(await Promise.race([copying, Promise.resolve('under way')])).toBe('under way');
    slow.open();
    expect(await copying).toBe('failed');
    expect(ended).toContain('3');
  });

  it('begins no write after it was stopped', async () => {
    const on = await rangeFixture({ source: numbered(20) });
    let writes = 0;
    const copying = copyRange(
      withInsert(on.context, async () => {
        writes++;
        on.stop.abort(new Error('paused'));
      }),
    );
    await expect(copying).rejects.toThrow('paused');
    expect(writes).toBeLessThanOrEqual(3);
  });

  it('never overwrites a point that is there, and neither embeds nor pays for it a second time', async () => {
    const on = await rangeFixture({ source: numbered(3), range: { takenOver: true } });
    on.stores.put('target', [point(2, 'written by an application', { '': '[9,9,9,9]' })]);
    await copyRange(on.context);
    expect(on.stores.pointsOf('target')[1]).toEqual(point(2, 'written by an application', { '': '[9,9,9,9]' }));
    expect(on.embedder.requests.flat()).toEqual(['text 1', 'text 3']);
  });

  it.each([
    ['an earlier try', { attempts: 1 }, {}],
    ['another holder', { takenOver: true }, {}],
    ['an earlier pass', {}, { number: 2 }],
  ])('looks up what is stored after %s', async (_, range, pass) => {
    const on = await rangeFixture({ source: numbered(2), range, pass });
    on.stores.put('target', numbered(2));
    await copyRange(on.context);
    expect(on.embedder.requests).toEqual([]);
    expect(on.checkpoints.at(-1)).toMatchObject({ next: null, delta: { points: 2, texts: 0, tokens: 0 } });
  });

  it('halves a request that is too large, down to single points', async () => {
    const on = await rangeFixture({ source: numbered(4), pagePoints: 4 });
    const sizes: number[] = [];
    const small = withInsert(on.context, async (collection, points) => {
      sizes.push(points.length);
      if (points.length > 1) throw new ReembedError('qdrant-too-large', '413');
      await on.stores.points.insertOnly(collection, points);
    });
    await copyRange(small);
    expect(sizes).toEqual([4, 2, 1, 1, 2, 1, 1]);
    expect(ids(on.stores.pointsOf('target'))).toEqual(['1', '2', '3', '4']);
  });

  it('sets aside the one point that Qdrant refuses, and writes the others', async () => {
    const on = await rangeFixture({ source: numbered(5), pagePoints: 5 });
    const picky = withInsert(on.context, async (collection, points) => {
      if (points.some(({ id }) => id.id === '3')) throw new ReembedError('qdrant-refused', 'not this one');
      await on.stores.points.insertOnly(collection, points);
    });
    await copyRange(picky);
    expect(ids(on.stores.pointsOf('target'))).toEqual(['1', '2', '4', '5']);
    const { entries } = await on.state.setAside.page('m', null, 10);
    expect(entries).toMatchObject([{ id: integer(3), code: 'qdrant-refused', reason: 'point 3: not this one' }]);
  });

  it('sets aside what the provider refuses, and takes it back in once it is mended', async () => {
    const on = await rangeFixture({ source: [point(1), point(2, 'REFUSED'), point(3)] });
    await copyRange(on.context);
    expect((await on.state.setAside.count('m')).open).toBe(1);
    expect(on.checkpoints.at(-1)?.next).toBeNull();
    on.stores.put('source', [point(2, 'mended')]);
    await copyRange({ ...on.context, pass: { ...on.context.pass, number: 2 } });
    expect((await on.state.setAside.count('m')).open).toBe(0);
    expect(ids(on.stores.pointsOf('target'))).toEqual(['1', '2', '3']);
  });

  it('leaves what a person accepted accepted, as long as the point fails in the same way', async () => {
    const on = await rangeFixture({ source: [point(1), point(2, 'REFUSED')] });
    await copyRange(on.context);
    await on.state.setAside.accept('m', { all: true });
    await copyRange({ ...on.context, pass: { ...on.context.pass, number: 2 } });
    expect(await on.state.setAside.count('m')).toEqual({ open: 0, accepted: 1 });
    on.stores.put('source', [point(2, 'REFUSED for another reason')]);
    await copyRange({ ...on.context, pass: { ...on.context.pass, number: 3 } });
    expect(await on.state.setAside.count('m')).toEqual({ open: 1, accepted: 0 });
  });

  it('stops at a fence that is closed', async () => {
    const on = await rangeFixture({ source: numbered(4) });
    await on.stores.collections.dropAlias(fenceAlias('m', 1));
    await expect(copyRange(on.context)).rejects.toMatchObject({ code: 'qdrant-not-found' });
    expect(on.checkpoints).toEqual([]);
  });
});
