import { expect, it } from 'vitest';
import { expectedOverlap } from './measure-truncations.ts';

it.each([
  ['falls by every doubling as it fell in the sample', 0.9, 0.94, 1024, 0.7],
  ['stays in a collection that is no larger', 0.9, 0.94, 1, 0.9],
  ['stays where nothing fell', 0.9, 0.88, 1_000_000, 0.9],
  ['stays where the quarter was too small to tell', 0.9, null, 1_000, 0.9],
  ['is never below nothing', 0.1, 0.5, 1_000_000, 0],
])('the overlap that is expected of a cut %s', (_, ofSample, ofQuarter, times, expected) => {
  expect(expectedOverlap(ofSample, ofQuarter, times)).toBeCloseTo(expected, 12);
});
