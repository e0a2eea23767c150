import { describe, expect, it } from 'vitest';
import { latencyPercentiles, mean, quantile } from './statistics.ts';

describe('quantile', () => {
  it.each([
    [0, 1],
    [0.5, 2.5],
    [0.95, 3.85],
    [1, 4],
  ])('at %f lies between its neighbours', (q, value) => {
    expect(quantile([1, 2, 3, 4], q)).toBeCloseTo(value, 12);
  });

  it('of one value is that value, of none not a number', () => {
    expect(quantile([7], 0.95)).toBe(7);
    expect([quantile([], 0.5), mean([])]).toEqual([Number.NaN, Number.NaN]);
  });
});

describe('latencyPercentiles', () => {
  it('takes times in any order, and sorts them as numbers', () => {
    expect(latencyPercentiles([100, 9, 20])).toEqual({ p50: 20, p95: expect.closeTo(92, 10) });
  });
});
