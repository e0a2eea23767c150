import { expect, it } from 'vitest';
import { padTexts, poolTokens } from './pool-tokens.ts';

it('fills texts up behind their end, with the id of the model and a mask of zeros', () => {
  const { ids, mask, length } = padTexts([[5, 6, 7], [8]], 1);
  expect([length, [...ids].map(Number), [...mask].map(Number)]).toEqual([3, [5, 6, 7, 8, 1, 1], [1, 1, 1, 1, 0, 0]]);
});

it.each([
  ['mean', [2, 20, 4, 40]],
  ['cls', [1, 10, 4, 40]],
  ['last-token', [3, 30, 4, 40]],
] as const)('%s never reads what stands behind the end of a text', (pooling, expected) => {
  const batch = padTexts([[5, 6, 7], [8]], 0);
  const vectors = Float32Array.from([1, 10, 2, 20, 3, 30, 4, 40, 900, 900, 900, 900]);
  for (const [at, value] of poolTokens(batch, vectors, pooling).entries()) expect(value).toBeCloseTo(expected[at] ?? Number.NaN, 5);
});
