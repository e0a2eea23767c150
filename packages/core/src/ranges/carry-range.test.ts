import { type SpecInput, specSchema } from '@reembed/contracts';
import { createFakeCarrier } from '@reembed/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReembedError } from '../domain/error.ts';
import { comparePointIds, type PointText } from '../domain/point.ts';
import type { Carrier } from '../ports/collections.ts';
import { copyRange } from './copy-range.ts';
import { anyId, integer, point, type RangeFixtureOptions, rangeFixture } from './range-context.fixture.ts';

const keep: SpecInput['vectors'] = { '': { keep: '' } };
const withVector = (id: Parameters<typeof point>[0]) => point(id, undefined, { '': '[1,2,3,4]' });
const numbered = (count: number) => Array.from({ length: count }, (_, n) => withVector(n + 1));

/** A range of a migration that keeps everything, and what went which way: ids by page. */
async function carrying(
  options: RangeFixtureOptions,
  { unfit = () => false, ...over }: Partial<Carrier> & { unfit?: (point: PointText) => boolean } = {},
) {
  const on = await rangeFixture({ vectors: keep, ...options });
  const [carried, texts]: [string[][], string[][]] = [[], []];
  const fake = createFakeCarrier(on.stores.points, unfit);
  const carrier: Carrier = {
    ...fake,
    async insertOnly(collection, page) {
      carried.push(page.ids.map(({ id }) => id));
      await fake.insertOnly(collection, page);
    },
    ...over,
  };
  const points = {
    ...on.context.points,
    async insertOnly(...[collection, given]: Parameters<typeof on.context.points.insertOnly>) {
      texts.push(given.map(({ id }) => id.id));
      await on.stores.points.insertOnly(collection, given);
    },
  };
  return { ...on, context: { ...on.context, carrier, points }, carried, texts };
}

describe('a copy that keeps everything', () => {
  it('passes pages on as they came: every point of the range once, whichever pages have to go as text', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(anyId, { selector: (id) => id.id }),
        fc.func(fc.boolean()),
        fc.option(anyId),
        fc.option(anyId),
        fc.integer({ min: 1, max: 4 }),
        async (ids, unfit, start, end, pagePoints) => {
          const source = ids.map(withVector);
          const on = await carrying({ source, range: { start, end }, pagePoints }, { unfit: ({ id }) => unfit(id.id) });
          await copyRange(on.context);
          const inside = ({ id }: PointText) =>
            (start === null || comparePointIds(id, start) >= 0) && (end === null || comparePointIds(id, end) < 0);
          expect(on.stores.pointsOf('target')).toEqual(source.filter(inside).sort((a, b) => comparePointIds(a.id, b.id)));
          expect(on.checkpoints.at(-1)).toMatchObject({ next: null });
          expect(on.checkpoints.reduce((sum, { delta }) => sum + (delta.points ?? 0), 0)).toBe(source.filter(inside).length);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('leaves points that are there already as they are', async () => {
    const on = await carrying({ source: numbered(4), pass: { number: 2 } });
    on.stores.put('target', [point(2, 'somebody’s own', { '': '[9,9,9,9]' })]);
    await copyRange(on.context);
    expect(on.stores.pointsOf('target').map(({ vectors }) => vectors[''])).toEqual(['[1,2,3,4]', '[9,9,9,9]', '[1,2,3,4]', '[1,2,3,4]']);
    expect(on.carried).toEqual([
      ['1', '2'],
      ['3', '4'],
    ]);
  });

  it('sends a page that is refused again as text, and sets the point aside that is meant', async () => {
    const refuse = async () => {
      throw new ReembedError('qdrant-refused', 'Wrong input: one of them');
    };
    const on = await carrying({ source: numbered(2) }, { insertOnly: refuse });
    const insertOnly = on.context.points.insertOnly;
    on.context.points.insertOnly = async (collection, points) => {
      if (points.some(({ id }) => id.id === '2')) await refuse();
      await insertOnly(collection, points);
    };
    await copyRange(on.context);
    expect(on.stores.pointsOf('target').map(({ id }) => id.id)).toEqual(['1']);
    expect((await on.state.setAside.among('m', [integer(1), integer(2)])).map(({ id }) => id.id)).toEqual(['2']);
    expect(on.checkpoints.at(-1)?.delta).toMatchObject({ points: 2, refused: 1 });
  });

  it('stops at a fence that is closed', async () => {
    const on = await carrying({ source: numbered(2) });
    await on.stores.collections.dropAlias('reembed.m.1');
    await expect(copyRange(on.context)).rejects.toMatchObject({ code: 'qdrant-not-found' });
    expect(on.checkpoints).toEqual([]);
  });

  it('takes a point off the record that an earlier try had set aside and this one wrote', async () => {
    const on = await carrying({ source: numbered(2), range: { attempts: 1 } });
    const reason = { vector: '', code: 'qdrant-refused' as const, reason: 'before', payloadHash: 'h', acceptedHash: null };
    await on.state.setAside.put('m', [{ id: integer(1), ...reason }]);
    await copyRange(on.context);
    expect(await on.state.setAside.among('m', [integer(1)])).toEqual([]);
  });
});

describe('a copy that looks into points', () => {
  const cases: [string, Partial<SpecInput> & { readonly vectors?: SpecInput['vectors'] }][] = [
    ['a vector under another name', { vectors: { '': { keep: 'named' } } }],
    ['a vector that is cut', { vectors: { '': { keep: '' }, named: { truncate: { vector: '', dimensions: 2, force: true } } } }],
    ['a filter', { source: { collection: 'source', filter: { must: [] } } }],
    ['a payload that is mapped', { target: { collection: 'target', payload: { exclude: ['other'] } } }],
    ['a hash of texts', { sync: { hashField: 'hash' } }],
    ['a field that tells when a point changed', { sync: { changedField: 'at' } }],
  ];
  it.each(cases)('sends its pages as text: %s', async (_, change) => {
    const on = await carrying({ source: numbered(3), ...(change.vectors && { vectors: change.vectors }) });
    const spec = specSchema.parse({
      name: 'm',
      source: { collection: 'source' },
      target: { collection: 'target' },
      vectors: keep,
      ...change,
    });
    const migration = { ...on.context.migration, spec };
    await copyRange({ ...on.context, migration, recipes: { ...on.context.recipes, spec } });
    expect(on.carried).toEqual([]);
    expect(on.texts.flat()).toEqual(['1', '2', '3']);
  });
});
