import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advanceDividing } from './divide-range.ts';
import { integer, point, rangeFixture } from './range-context.fixture.ts';

const points = (count: number) => Array.from({ length: count }, (_, n) => point(n));

/** Walks a range of `count` points as a sync pass does: what was recorded, and the sizes of the parts it was divided into. */
async function walk(count: number, { rangePoints = 4, pagePoints = 2, end = count as number | null, from = 0 } = {}) {
  const range = { end: end === null ? null : integer(end), next: from === 0 ? null : integer(from), points: from };
  const fixture = await rangeFixture({ source: points(count), pagePoints, rangePoints, range });
  const advance = advanceDividing(fixture.context);
  let at = from;
  let goesOn = true;
  while (goesOn) {
    const read = Math.min(pagePoints, count - at);
    at += read;
    goesOn = await advance(at < count ? integer(at) : null, { points: read });
  }
  const [divided] = fixture.divisions;
  const bounds = divided?.division.bounds.map(({ id }) => Number(id)) ?? [];
  const sizes = [...bounds, count].map((bound, index) => bound - (bounds[index - 1] ?? 0));
  return { ...fixture, bounds, sizes, done: divided?.division.done, walked: at };
}

describe('a range that grew', () => {
  it('past twice its size is divided: what was walked into two that are done, what lies ahead into ranges of the usual size', async () => {
    const { bounds, sizes, done, walked, checkpoints, divisions } = await walk(30);
    expect(bounds).toEqual([4, 10, 14, 18, 22, 26]);
    expect(sizes).toEqual([4, 6, 4, 4, 4, 4, 4]);
    expect([done, walked]).toEqual([2, 10]);
    // Every page is recorded once: those before by checkpoints, the last one with the division.
    expect([...checkpoints, ...divisions].map(({ delta }) => delta.points)).toEqual([2, 2, 2, 2, 2]);
  });

  it.each([1, 4, 7, 8])('to %i points is left as it is', async (count) => {
    const { divisions, checkpoints } = await walk(count);
    expect(divisions).toEqual([]);
    expect(checkpoints.at(-1)?.next).toBeNull();
  });

  it.each([9, 10, 11, 12, 13])('to %i points is walked to its end and halved, without a sliver', async (count) => {
    const { sizes, done, walked } = await walk(count);
    expect(sizes).toEqual([4, count - 4]);
    expect([done, walked]).toEqual([2, count]);
  });

  it('is not divided past its own end, however much lies there', async () => {
    const fixture = await rangeFixture({ source: points(100), rangePoints: 4, range: { end: integer(12) } });
    const advance = advanceDividing(fixture.context);
    for (const at of [2, 4, 6, 8, 10]) expect(await advance(integer(at), { points: 2 })).toBe(true);
    expect(await advance(null, { points: 2 })).toBe(false);
    expect(fixture.divisions[0]?.division).toEqual({ bounds: [integer(4)], done: 2 });
  });

  it('is divided by whoever goes on with it after a crash, from where the checkpoint stands', async () => {
    const { bounds, done } = await walk(30, { from: 20 });
    expect(bounds).toEqual([22, 24, 28]);
    expect(done).toBe(2);
  });

  it('is tiled by its parts, none of them empty, whatever the sizes', async () => {
    const numbers = fc.record({
      count: fc.integer({ min: 1, max: 60 }),
      rangePoints: fc.integer({ min: 1, max: 9 }),
      pagePoints: fc.integer({ min: 1, max: 9 }),
    });
    await fc.assert(
      fc.asyncProperty(numbers, async ({ count, rangePoints, pagePoints }) => {
        const { sizes } = await walk(count, { rangePoints, pagePoints });
        expect(Math.min(...sizes)).toBeGreaterThan(0);
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(count);
      }),
    );
  });
});
