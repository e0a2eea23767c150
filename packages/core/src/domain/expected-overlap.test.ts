import { expect, it } from 'vitest';
import { expectedOverlap } from './expected-overlap.ts';

it.each([
  ['keeps as much with every doubling as each of the two in the sample kept', 0.9, 0.96, 1024, 0.9 * (0.9 / 0.96) ** 5],
  ['is what the whole of the sample would be of four times as much', 0.6, 0.8, 4, 0.45],
  ['stays in a collection that is no larger', 0.9, 0.94, 1, 0.9],
  ['stays where nothing fell', 0.9, 0.88, 1_000_000, 0.9],
  ['stays where the quarter was too small to tell', 0.9, null, 1_000, 0.9],
  ['is nothing where nothing was left', 0, 0, 1_000, 0],
])('the share that is expected of a larger collection %s', (_, ofSample, ofQuarter, times, expected) => {
  expect(expectedOverlap(ofSample, ofQuarter, times)).toBeCloseTo(expected, 12);
});
