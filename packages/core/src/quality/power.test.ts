import { describe, expect, it } from 'vitest';
import { detectableAmong, detectableDifference, queriesNeeded, standardDeviation } from './statistics.ts';

describe('the power of labelled queries', () => {
  it.each([
    [0.05, 139],
    [0.02, 866],
  ])('takes for a difference of %f at the usual spread %i queries', (difference, queries) => {
    expect(queriesNeeded(0.21, difference)).toBe(queries);
    expect(detectableDifference(0.21, queries)).toBeCloseTo(difference, 3);
  });

  it('shows half the difference with four times the queries', () => {
    expect(detectableDifference(0.2, 400)).toBeCloseTo(detectableDifference(0.2, 100) / 2, 12);
  });

  it('is that of their own spread', () => {
    const differences = [0.1, -0.1, 0.1, -0.1];
    expect(standardDeviation(differences)).toBeCloseTo(0.11547, 5);
    expect(detectableAmong(differences)).toBe(detectableDifference(standardDeviation(differences), 4));
  });

  it.each([[[0.3]], [[0, 0, 0]]])('assumes the spread of two models where that of %j cannot be told', (differences) => {
    expect(detectableAmong(differences)).toBe(detectableDifference(0.21, differences.length));
  });
});
