import { describe, expect, it } from 'vitest';
import { standardDeviation } from './statistics.fixture.ts';
import { detectableAmong, detectableDifference, spreadOf } from './statistics.ts';

describe('the power of labelled queries', () => {
  it.each([
    [0.05, 139],
    [0.02, 866],
  ])('shows a difference of %f at the usual spread by %i queries', (difference, queries) => {
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

  it('is that of their documents, where several queries are about one: repeating each query shows no more', () => {
    const differences = [0.1, -0.2, 0.3, 0];
    const repeated = differences.flatMap((difference) => [difference, difference, difference]);
    const clusters = { of: differences.flatMap((_, at) => [at, at, at]) };
    expect(spreadOf(repeated, clusters)).toBeCloseTo(standardDeviation(differences), 12);
    expect(detectableAmong(repeated, clusters)).toBeCloseTo(detectableAmong(differences), 12);
  });
});
