import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { overlapAt, overlapByScore, rankBiasedOverlap, shareFound } from './ranking-metrics.ts';

const letters = (text: string) => [...text];
const lists = fc.uniqueArray(fc.constantFrom(...letters('abcdefghijklmnop')), { maxLength: 14 });

describe('overlapAt', () => {
  it.each([
    ['abcd', 'dcba', 4, 1],
    ['abcd', 'abxy', 4, 0.5],
    ['abcd', 'xyza', 2, 0],
    ['ab', 'abcd', 10, 0.5],
    ['', '', 10, 1],
    ['abc', '', 10, 0],
  ])('of %j and %j to depth %i is %f', (a, b, k, overlap) => {
    expect(overlapAt(k, letters(a), letters(b))).toBe(overlap);
  });

  it('counts a document of several points once', () => {
    expect(overlapAt(2, letters('aab'), letters('ba'))).toBe(1);
  });
});

describe('overlapByScore', () => {
  /** `a9 b5`: document a with a score of 9, b with 5. */
  const scored = (text: string) =>
    text.split(' ').flatMap((one) => (one === '' ? [] : [{ document: one.slice(0, 1), score: Number(one.slice(1)) }]));

  it.each([
    ['the same', 'a9 b8', 'a9 b8', 1],
    ['another order', 'a9 b8', 'b8 a7', 1],
    ['one that is further', 'a9 b8 c7', 'a9 c8', 0.5],
    ['one that is as near as the last, which was cut off', 'a9 b8 c8', 'a9 c8', 1],
    ['one as near as the last in place of one that is nearer', 'a9 b8 c8', 'b8 c8', 0.5],
    ['one past the end of the old list that is as near, in the new one, as one of those', 'a9 b8 c8', 'a5 x4 c4', 1],
    ['the same where nothing may stand for it', 'a9 b8 c8', 'a5 x4 y4', 0.5],
    ['one that is nearer and was cut off by its equals in the new list', 'a9 b8', 'x5 y5 a5', 0.5],
    ['one that the old list does not go on to, and is as near by its own score', 'a9 b8', 'a9 z8', 1],
    ['several such in place of one that is nearer', 'a9 b8', 'y8 z8', 0.5],
    ['distances, which rise', 'a1 b2 c2', 'c2 a1', 1],
    ['nothing', 'a9 b8', '', 0],
    ['nothing of nothing', '', '', 1],
  ])('of two nearest: %s', (_, old, fresh, overlap) => {
    expect(overlapByScore(2, scored(old), scored(fresh))).toBe(overlap);
  });

  type Tied = { old: { document: string; score: number }[]; new: { document: string; score: number }[]; byScore: number; byId: number };
  const { ties }: { ties: Tied[] } = JSON.parse(readFileSync(new URL('fixtures/cluster-cases.json', import.meta.url), 'utf8'));

  it.each(ties)('of the same search over repeated vectors is whole, as ann-benchmarks counts, where ids share $byId', (one) => {
    expect(overlapByScore(10, one.old, one.new)).toBe(one.byScore);
    const names = (list: Tied['old']) => list.map(({ document }) => document);
    expect(overlapAt(10, names(one.old), names(one.new))).toBe(one.byId);
  });

  it('takes scores for equal that differ by the rounding of their sums', () => {
    const old = [
      { document: 'a', score: 0.5 },
      { document: 'b', score: 0.5 - 6e-8 },
    ];
    expect(overlapByScore(1, old, [{ document: 'b', score: 0.5 }])).toBe(1);
  });
});

describe('shareFound', () => {
  const hits = (text: string) =>
    text.split(' ').map((one) => ({
      id: { kind: 'integer' as const, id: one.slice(0, 1) },
      score: Number(one.slice(1)),
      payload: '{}',
    }));

  it('holds an index to its exact search by the same rule', () => {
    expect(shareFound(3, hits('19 28 37'), hits('19 28'))).toBeCloseTo(2 / 3, 12);
    expect(shareFound(2, hits('19 28'), hits('19 58'))).toBe(1);
    expect(shareFound(2, hits('19 28.000001'), hits('19 58'))).toBe(1);
    expect(shareFound(2, hits('19 28'), hits('19 57'))).toBe(0.5);
  });
});

describe('rankBiasedOverlap', () => {
  // values of PyPI's rbo 0.1.3, rbo_ext(p=0.9)
  it.each([
    ['abcdefghij', 'bacdefghij', 0.9],
    ['abcdefghij', 'jihgfedcba', 0.5116075656428573],
    ['abcdefghij', 'abcdexyzuv', 0.7441962171785713],
    ['abc', 'bcadefgh', 0.855],
    ['abcdefg', 'xaybz', 0.37089],
    ['12345', '23415', 0.828],
  ])('of %j and %j is %f', (a, b, expected) => {
    expect(rankBiasedOverlap(10, letters(a), letters(b))).toBeCloseTo(expected, 10);
  });

  it('is 1 of equal lists however short, 0 of lists that share nothing, and the same both ways', () => {
    fc.assert(
      fc.property(lists, lists, (a, b) => {
        expect(rankBiasedOverlap(10, a, a)).toBeCloseTo(1, 10);
        expect(rankBiasedOverlap(10, a, b)).toBeCloseTo(rankBiasedOverlap(10, b, a), 10);
        const others = b.map((letter) => letter.toUpperCase());
        if (a.length + b.length > 0) expect(rankBiasedOverlap(10, a, others)).toBe(0);
      }),
    );
  });

  it('weighs the first places more', () => {
    const top = rankBiasedOverlap(10, letters('abcdefghij'), letters('bacdefghij'));
    const bottom = rankBiasedOverlap(10, letters('abcdefghij'), letters('abcdefghji'));
    expect(top).toBeLessThan(bottom);
  });
});
