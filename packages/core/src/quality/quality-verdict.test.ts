import { describe, expect, it } from 'vitest';
import { labelledVerdict, sameSpaceVerdict, worseVerdict } from './quality-verdict.ts';

describe('labelledVerdict', () => {
  it.each([
    ['pass', 'even the lower bound is enough', 0.15, 0.12, 0.19],
    ['pass', 'the lower bound is just enough', 0, -0.02, 0.02],
    ['inconclusive', 'the interval holds the limit', 0, -0.021, 0.02],
    ['inconclusive', 'the upper bound is just the limit', -0.04, -0.06, -0.02],
    ['fail', 'the upper bound is below the limit', -0.04, -0.05, -0.021],
    ['fail', 'the difference itself is below -0.05, however uncertain', -0.051, -0.3, 0.2],
    ['inconclusive', 'the difference is just -0.05', -0.05, -0.3, 0.2],
  ] as const)('is %s where %s', (verdict, _, difference, lower, upper) => {
    expect(labelledVerdict({ difference, lower, upper }, -0.02, 50)).toBe(verdict);
  });

  it('fails a loss of more than 0.05 even where the spec would allow it', () => {
    expect(labelledVerdict({ difference: -0.06, lower: -0.07, upper: -0.05 }, -0.1, 50)).toBe('fail');
  });

  it.each([
    ['a clear win', { difference: 0.3, lower: 0.2, upper: 0.4 }],
    ['a clear loss', { difference: -0.3, lower: -0.4, upper: -0.2 }],
    ['no difference at all', { difference: 0, lower: 0, upper: 0 }],
  ])('says nothing of %s among fewer than 50', (_, interval) => {
    expect(labelledVerdict(interval, -0.02, 49)).toBe('inconclusive');
  });
});

describe('sameSpaceVerdict', () => {
  it.each([
    ['copy', 0.95],
    ['int8', 0.85],
    ['truncate', 0.8],
  ] as const)('of %s wants a mean overlap of %f', (change, overlap) => {
    expect(sameSpaceVerdict(change, overlap)).toBe('pass');
    expect(sameSpaceVerdict(change, overlap - 0.001)).toBe('fail');
  });
});

describe('worseVerdict', () => {
  it('lets neither uncertainty nor failure be outvoted', () => {
    expect(worseVerdict('pass', 'inconclusive')).toBe('inconclusive');
    expect(worseVerdict('fail', 'inconclusive')).toBe('fail');
  });
});
