import { describe, expect, it } from 'vitest';
import { standardDeviation } from './statistics.fixture.ts';
import { bootstrapMeans, createSeededRandom, type Interval } from './statistics.ts';

const random = createSeededRandom(1);
const values = Array.from({ length: 200 }, () => random() - 0.3);

function bootstrapMean(differences: readonly number[]): Interval {
  const [interval] = bootstrapMeans([differences]);
  if (interval === undefined) throw new Error('there is no interval');
  return interval;
}

describe('bootstrapMeans', () => {
  it('always gives the same differences the same interval', () => {
    expect(bootstrapMean(values)).toEqual(bootstrapMean([...values]));
  });

  it('has an interval as wide as the normal one of many queries', () => {
    const { difference, lower, upper } = bootstrapMean(values);
    const half = (1.96 * standardDeviation(values)) / Math.sqrt(values.length);
    expect(lower).toBeCloseTo(difference - half, 2);
    expect(upper).toBeCloseTo(difference + half, 2);
  });

  it('covers the true mean in about 95 of 100 samples', () => {
    const samples = Array.from({ length: 100 }, () => Array.from({ length: 60 }, random));
    const covered = bootstrapMeans(samples).filter(({ lower, upper }) => lower <= 0.5 && upper >= 0.5).length;
    expect(covered).toBeGreaterThanOrEqual(90);
    expect(covered).toBeLessThanOrEqual(99);
  });

  it('gives a list the same interval alone and among others', () => {
    const halves = values.map((value) => value / 2);
    expect(bootstrapMeans([halves, values])).toEqual([bootstrapMean(halves), bootstrapMean(values)]);
    expect(bootstrapMeans([])).toEqual([]);
  });

  it('has no width where nothing differs', () => {
    expect(bootstrapMean([0, 0, 0])).toEqual({ difference: 0, lower: 0, upper: 0 });
  });
});
