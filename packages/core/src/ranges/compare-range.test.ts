import type { FindingKind, PointId } from '@reembed/contracts';
import { createFakeCarrier } from '@reembed/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparePointIds, contentHash, type PointText } from '../domain/point.ts';
import { compareRange } from './compare-range.ts';
import { differences, findingsOf } from './differences.ts';
import { anyId, integer, point, rangeFixture } from './range-context.fixture.ts';

const key = (id: PointId) => `${id.kind} ${id.id}`;
const good = '[1.0,2.0,3.0,4.0]';
const sides = fc.uniqueArray(fc.record({ id: anyId, source: fc.constantFrom('a', 'b', null), target: fc.constantFrom('a', 'b', null) }), {
  selector: ({ id }) => key(id),
  maxLength: 25,
});
type Side = 'source' | 'target';

function pointsOf(rows: readonly { id: PointId; source: string | null; target: string | null }[], side: Side): PointText[] {
  return rows
    .flatMap((row) => (row[side] === null ? [] : [point(row.id, row[side] ?? '', { '': good })]))
    .sort((a, b) => comparePointIds(a.id, b.id));
}

/** The same by looking each id up. */
function naive(rows: readonly { id: PointId; source: string | null; target: string | null }[]): string[] {
  return rows
    .flatMap(({ id, source, target }) => {
      if (source === target) return [];
      return [`${source === null ? 'extra' : target === null ? 'missing' : 'payload-differs'} ${key(id)}`];
    })
    .sort();
}

const named = (found: readonly { kind: FindingKind; id: PointId }[]) => found.map(({ kind, id }) => `${kind} ${key(id)}`).sort();

describe('differences', () => {
  it('finds what looking up every id finds', async () => {
    const { context } = await rangeFixture();
    await fc.assert(
      fc.asyncProperty(sides, async (rows) => {
        const found = await differences(context.recipes, pointsOf(rows, 'source'), pointsOf(rows, 'target'));
        expect(named(findingsOf(found))).toEqual(naive(rows));
        expect(found.map(({ id }) => id)).toEqual(found.map(({ id }) => id).toSorted(comparePointIds));
      }),
    );
  });

  const both = { '': { keep: '' }, new: { embed: { model: 'fake/4', text: '{{body}}' } } };
  it.each<[string, PointText['vectors'], PointText['vectors'], FindingKind[]]>([
    ['equal', { '': '[1.0]' }, { '': '[1]', new: good }, []],
    ['a kept vector that is gone', { '': '[1.0]' }, { new: good }, ['vector-missing']],
    ['a kept vector that is another', { '': '[1.0]' }, { '': '[1.1]', new: good }, ['vector-differs']],
    ['a kept vector out of nowhere', {}, { '': '[1.0]', new: good }, ['vector-differs']],
    ['a kept vector that neither has', {}, { new: good }, []],
    ['no new vector', { '': '[1.0]' }, { '': '[1.0]' }, ['vector-missing']],
    ['zeros', { '': '[1.0]' }, { '': '[1.0]', new: '[0.0,0.0]' }, ['vector-zero']],
    ['no number', { '': '[1.0]' }, { '': '[1.0]', new: '[0.1,null]' }, ['vector-not-finite']],
  ])('judges vectors: %s', async (_, source, target, kinds) => {
    const { context } = await rangeFixture({ vectors: both });
    const found = await differences(context.recipes, [point(1, 'x', source)], [point(1, 'x', target)]);
    expect(found.flatMap((difference) => difference.kinds)).toEqual(kinds);
  });

  it('expects no vector of a point that has no text', async () => {
    const { context } = await rangeFixture({ vectors: both });
    expect(await differences(context.recipes, [point(1, '')], [point(1, '')])).toEqual([]);
  });
});

describe('compareRange', () => {
  it('finds the differences of its range and no others, whatever the pages', async () => {
    await fc.assert(
      fc.asyncProperty(sides, fc.option(anyId), fc.option(anyId), fc.integer({ min: 1, max: 4 }), async (rows, start, end, pagePoints) => {
        const on = await rangeFixture({ source: pointsOf(rows, 'source'), range: { start, end }, pagePoints, pass: { kind: 'verify' } });
        on.stores.put('target', pointsOf(rows, 'target'));
        await compareRange(on.context);
        const inside = rows.filter(
          ({ id }) => (start === null || comparePointIds(id, start) >= 0) && (end === null || comparePointIds(id, end) < 0),
        );
        expect(named(on.checkpoints.flatMap(({ delta }) => delta.findings ?? []))).toEqual(naive(inside));
        expect(on.checkpoints.reduce((sum, { delta }) => sum + delta.points, 0)).toBe(
          inside.filter(({ source }) => source !== null).length,
        );
        expect(on.checkpoints.at(-1)?.next).toBeNull();
      }),
    );
  });

  it.each(['verifying', 'switching'] as const)(
    'finds the same by bytes, while %s, whichever points bytes say nothing of',
    async (phase) => {
      await fc.assert(
        fc.asyncProperty(
          sides,
          fc.option(anyId),
          fc.func(fc.boolean()),
          fc.integer({ min: 1, max: 4 }),
          async (rows, end, unfit, pagePoints) => {
            const on = await rangeFixture({ source: pointsOf(rows, 'source'), range: { end }, pagePoints, pass: { kind: 'verify' } });
            on.stores.put('target', pointsOf(rows, 'target'));
            const carrier = createFakeCarrier(on.stores.points, ({ id }) => unfit(key(id)));
            await compareRange({ ...on.context, carrier, migration: { ...on.migration, phase } });
            const inside = rows.filter(({ id }) => end === null || comparePointIds(id, end) < 0);
            expect(named(on.checkpoints.flatMap(({ delta }) => delta.findings ?? []))).toEqual(naive(inside));
            expect(on.checkpoints.map(({ delta }) => delta.points)).toEqual([inside.filter(({ source }) => source !== null).length]);
          },
        ),
      );
    },
  );

  it('reads as text only what is not alike, unless that is most of it, and everything that a switch goes by', async () => {
    const rows = Array.from({ length: 12 }, (_, n) => point(n, `text ${n}`, { '': good }));
    const read = async (phase: 'verifying' | 'switching', differing: number) => {
      const on = await rangeFixture({ source: rows, pagePoints: 4, pass: { kind: 'verify' } });
      on.stores.put(
        'target',
        rows.map((row, at) => (at < differing ? { ...row, payload: '{}' } : row)),
      );
      const texts: string[] = [];
      const { points } = on.stores;
      const counted = {
        ...points,
        async scroll(...asked: Parameters<typeof points.scroll>) {
          const page = await points.scroll(...asked);
          texts.push(...page.points.map(({ id }) => id.id));
          return page;
        },
        async retrieve(...asked: Parameters<typeof points.retrieve>) {
          texts.push(...asked[1].ids.map(({ id }) => id));
          return points.retrieve(...asked);
        },
      };
      const migration = { ...on.migration, phase };
      await compareRange({ ...on.context, points: counted, carrier: createFakeCarrier(points), migration });
      expect(on.checkpoints[0]?.delta.findings).toHaveLength(differing);
      return texts;
    };
    expect(await read('verifying', 0)).toEqual([]);
    expect(await read('verifying', 1)).toEqual(['0', '0']);
    expect(await read('verifying', 3)).toHaveLength(6 + 16);
    expect(await read('switching', 0)).toHaveLength(24);
  });

  it('records nothing before its end; during a switch, with a hash that does not depend on the pages', async () => {
    const rows = [point(1), point(2), point(3), point(4), point(5)];
    const hashes = [];
    for (const pagePoints of [1, 2, 5]) {
      const on = await rangeFixture({ source: rows, pagePoints, pass: { kind: 'verify' } });
      on.stores.put(
        'target',
        rows.map((row) => ({ ...row, vectors: { '': good } })),
      );
      await compareRange({ ...on.context, migration: { ...on.migration, phase: 'switching' } });
      expect(on.checkpoints.map(({ next }) => next)).toEqual([null]);
      hashes.push(on.checkpoints[0]?.delta.hash);
    }
    expect(new Set(hashes).size).toBe(1);
    const waiting = await rangeFixture({ source: rows, pass: { kind: 'verify' } });
    await compareRange(waiting.context);
    expect(waiting.checkpoints[0]?.delta.hash).toBeUndefined();
  });

  it('knows a point to be set aside only as long as its payload is the one that was', async () => {
    const on = await rangeFixture({ source: [point(1), point(2), point(4)], pass: { kind: 'verify' } });
    const entry = { vector: '', code: 'text-missing', reason: '' };
    await on.state.setAside.put('m', [
      { ...entry, id: integer(1), payloadHash: contentHash(point(1)) },
      { ...entry, id: integer(4), payloadHash: contentHash(point(4, 'as it was')) },
      { ...entry, id: integer(3), payloadHash: '' },
    ]);
    on.stores.put('target', [point(3)]);
    await compareRange(on.context);
    expect(named(on.checkpoints.flatMap(({ delta }) => delta.findings ?? []))).toEqual([
      'extra integer 3',
      'missing integer 2',
      'missing integer 4',
    ]);
  });

  it('writes nothing', async () => {
    const on = await rangeFixture({ source: [point(1)], pass: { kind: 'verify' } });
    const acts = on.stores.acts.length;
    await compareRange(on.context);
    expect(on.stores.acts).toHaveLength(acts);
  });
});
