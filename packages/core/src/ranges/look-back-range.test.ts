import type { PointId } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import type { PointText } from '../domain/point.ts';
import { withTexts } from '../recipes/point-texts.ts';
import { targetPayloads } from '../recipes/target-payload.ts';
import { compareRange, lookBackRange } from './compare-range.ts';
import { fingerprint, readReading, writeReading } from './fingerprints.ts';
import { integer, point, rangeFixture } from './range-context.fixture.ts';

const made = '[1.0,2.0,3.0,4.0]';
const copyOf = (points: readonly PointText[]) => points.map((one) => ({ ...one, vectors: { '': made } }));

/** Source and target compared during a switch, then changed by `meanwhile`, then looked back at. */
async function lookedBack(
  points: readonly PointText[],
  meanwhile: (on: Awaited<ReturnType<typeof rangeFixture>>) => void,
  target = copyOf(points),
) {
  const on = await rangeFixture({ source: points, pass: { kind: 'verify' } });
  on.stores.put('target', target);
  const context = { ...on.context, migration: { ...on.migration, phase: 'switching' as const } };
  await compareRange(context);
  const before = on.checkpoints.at(-1)?.delta.hash ?? null;
  meanwhile(on);
  await lookBackRange({ ...context, hashBefore: async () => before });
  const { delta } = on.checkpoints.at(-1) ?? {};
  expect(delta?.listed).toEqual(delta?.findings);
  return (delta?.listed ?? []).map(({ kind, id }) => `${kind} ${id.id}`);
}

const three = [point(1), point(2), point(3)];
const gone = (id: number): PointId[] => [integer(id)];

describe('lookBackRange', () => {
  it('finds nothing where nothing was written, and asks nothing of a live target then', async () => {
    expect(await lookedBack(three, () => undefined)).toEqual([]);
    expect(await lookedBack(three, (on) => on.stores.remove('target', gone(2)))).toEqual([]);
  });

  it('lists what was inserted, changed and deleted late', async () => {
    const late = await lookedBack(three, (on) => {
      on.stores.put('source', [point(2, 'late edit'), point(9, 'late')]);
      on.stores.remove('source', gone(3));
    });
    expect(late).toEqual(['payload-differs 2', 'extra 3', 'missing 9']);
  });

  it('does not take a point that the live target deleted or changed for a late write, even where its range had one', async () => {
    const late = await lookedBack(three, (on) => {
      on.stores.put('source', [point(9, 'late')]);
      on.stores.remove('target', gone(2));
      on.stores.put('target', copyOf([point(1, 'edited in the new collection')]));
    });
    expect(late).toEqual(['missing 9']);
  });

  it('lists what differed in the comparison already, and was let pass', async () => {
    const target = copyOf([point(1), point(3)]);
    expect(await lookedBack(three, (on) => on.stores.remove('target', gone(1)), target)).toEqual(['missing 2']);
  });

  it('lists all that differs where the reading before was lost', async () => {
    const on = await rangeFixture({ source: three, pass: { kind: 'look-back' } });
    on.stores.put('target', copyOf([point(1)]));
    await lookBackRange(on.context);
    expect(on.checkpoints.at(-1)?.delta.listed?.map(({ id }) => id.id)).toEqual(['2', '3']);
  });
});

describe('a range whose texts are not in the payloads', () => {
  it('takes no edit of the live target for a late write, though a text changed elsewhere', async () => {
    const on = await rangeFixture({ source: three, pass: { kind: 'verify' }, hashField: 'sha', texts: { 1: { extra: 'a' } } });
    const { context } = on;
    const payloads = targetPayloads(on.migration.spec);
    const stored = (await withTexts(context.recipes, three)).map((source) => {
      const wanted = payloads.of(source);
      return { ...source, elsewhere: undefined, payload: 'payload' in wanted ? wanted.payload : '', vectors: { '': made } };
    });
    on.stores.put('target', stored);
    const switching = { ...context, migration: { ...on.migration, phase: 'switching' as const } };
    await compareRange(switching);
    const before = on.checkpoints.at(-1)?.delta.hash ?? null;
    on.stores.put('source', [point(9, 'late')]);
    on.stores.put('target', [{ ...point(1, 'edited in the new collection'), vectors: { '': made } }]);
    on.textSources.texts.set('2', { body: 'edited elsewhere' });
    await lookBackRange({ ...switching, hashBefore: async () => before });
    expect(on.checkpoints.at(-1)?.delta.listed?.map(({ kind, id }) => `${kind} ${id.id}`)).toEqual(['missing 9']);
  });
});

describe('a reading', () => {
  it('is kept as text and read back', () => {
    const agreed = new Set(three.map(fingerprint));
    for (const reading of [
      { digest: 'abc=', agreed },
      { digest: null, agreed },
      { digest: null, agreed: new Set<string>() },
      { digest: 'abc=', agreed: null },
    ]) {
      expect(readReading(writeReading(reading))).toEqual(reading);
    }
  });
});
