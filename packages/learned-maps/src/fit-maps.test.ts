import { readFile } from 'node:fs/promises';
import { createSeededRandom } from '@reembed/core';
import { Matrix, solve } from 'ml-matrix';
import { expect, test } from 'vitest';
import { applyMap } from './affine-map.ts';
import { beginFit } from './fit-maps.ts';
import { holdKernel, kernelWidth, whitening } from './kernel.ts';
import { normaliseRows, openLinearAlgebra, transpose } from './linear-algebra.ts';

const algebra = await openLinearAlgebra();

test('an exact linear map is found by ridge, and mapped vectors retrieve what true ones do', () => {
  const { pairs, transform } = linearPairs({ count: 250, from: 24, to: 16 });
  const fitted = fit(pairs, { from: 24, to: 16 }, 100);
  expect(fitted).toMatchObject({ kept: 'ridge', pairs: 150, heldOut: 100 });
  expect(fitted.ridge.scores.overlapAt10).toBeGreaterThan(0.98);
  const fresh = gaussian(24, createSeededRandom(99));
  const mapped = applyMap(algebra, fitted.ridge.map, fresh);
  for (const [at, value] of transform(fresh).entries()) expect(mapped[at]).toBeCloseTo(value, 2);
});

test('a rotation learnt from few noisy pairs is kept as a rotation', () => {
  const size = 48;
  const { from, to } = rotatedPairs(size, 150, 0.6);
  const fitted = fit({ from, to }, { from: size, to: size }, 60);
  expect(fitted.kept).toBe('procrustes');
  expect(fitted.procrustes.scores.overlapAt10).toBeGreaterThan(fitted.ridge.scores.overlapAt10);
});

test.each([
  { from: 12, to: 20 },
  { from: 20, to: 12 },
])('between sizes $from and $to the rotation has orthonormal rows or columns', (sizes) => {
  const { pairs } = linearPairs({ count: 200, ...sizes });
  const { matrix } = fit(pairs, sizes, 50).procrustes.map;
  const short = Math.min(sizes.from, sizes.to);
  const product = (a: number, b: number) => {
    let sum = 0;
    for (let at = 0; at < Math.max(sizes.from, sizes.to); at += 1) {
      const [x, y] = sizes.from < sizes.to ? [a * sizes.to + at, b * sizes.to + at] : [at * sizes.to + a, at * sizes.to + b];
      sum += (matrix[x] ?? 0) * (matrix[y] ?? 0);
    }
    return sum;
  };
  const scale = product(0, 0);
  for (let a = 0; a < short; a += 1) for (let b = 0; b < short; b += 1) expect(product(a, b) / scale).toBeCloseTo(a === b ? 1 : 0, 4);
});

test('a bent map is found by the kernel, and beats every straight one', () => {
  const { pairs, bend } = bentPairs({ count: 400, from: 8, to: 12 });
  const fitted = fit(pairs, { from: 8, to: 12 }, 100);
  expect(fitted.kept).toBe('kernel');
  const [kernel, straight] = [fitted.kernel?.scores.overlapAt10 ?? 0, fitted.ridge.scores.overlapAt10];
  expect(kernel).toBeGreaterThan(straight + 0.1);
  const fresh = gaussian(8, createSeededRandom(77));
  const mapped = applyMap(algebra, fitted.kernel?.map ?? fitted.ridge.map, fresh);
  const far = (found: Float32Array) => Math.hypot(...bend(fresh).map((value, at) => value - (found[at] ?? 0)));
  expect(far(mapped)).toBeLessThan(far(applyMap(algebra, fitted.ridge.map, fresh)));
});

test('kernel ridge predicts what scikit-learn predicts', async () => {
  const { from, to, width, lambda, queries, predicted } = JSON.parse(
    await readFile(new URL('fixtures/kernel-cases.json', import.meta.url), 'utf8'),
  ) as { from: number[][]; to: number[][]; width: number; lambda: number; queries: number[][]; predicted: number[][] };
  const [rows, size, wanted] = [from.length, from[0]?.length ?? 0, to[0]?.length ?? 0];
  const kernel = { landmarks: Float32Array.from(from.flat()), width };
  expect(kernelWidth(kernel.landmarks, size)).toBeCloseTo(width, 5);
  const held = holdKernel(algebra, kernel, size);
  const white = whitening(held, kernel.landmarks, size);
  const features = algebra.multiply(held.features(kernel.landmarks), white, rows);
  // Every vector a landmark: ridge over the whitened features, without an intercept, is kernel ridge.
  const gram = algebra.multiply(transpose(features, rows), features, rows);
  const cross = algebra.multiply(transpose(features, rows), Float32Array.from(to.flat()), rows);
  const weights = solve(Matrix.from1DArray(rows, rows, gram).add(Matrix.eye(rows).mul(lambda)), Matrix.from1DArray(rows, wanted, cross));
  const asked = algebra.multiply(held.features(Float32Array.from(queries.flat())), white, rows);
  const found = Matrix.from1DArray(queries.length, rows, asked).mmul(weights).to1DArray();
  for (const [at, value] of predicted.flat().entries()) expect(found[at]).toBeCloseTo(value, 3);
  held.close();
});

test('what the old vectors find as they are is measured beside every map, and a map of noise finds less', () => {
  const random = createSeededRandom(6);
  const from = gaussian(400 * 16, random);
  const same = fit({ from, to: from }, { from: 16, to: 16 }, 150);
  expect(same.oldOverlapAt10).toBe(1);
  // Of 37 pairs ten are no choice.
  expect([same.oldOfQuarter, same.ridge.ofQuarter]).toEqual([null, null]);
  // Far more noise than pairs can average out, around vectors that are the same.
  const noisy = gaussian(400 * 16, random).map((value, at) => (from[at] ?? 0) + 4 * value);
  const few = fit({ from, to: noisy }, { from: 16, to: 16 }, 380);
  expect(few.oldOverlapAt10).toBeGreaterThan(few.ridge.scores.overlapAt10);
});

test('held-out pairs have no part in the fit: pairs that nothing explains are scored as chance has it', () => {
  const random = createSeededRandom(5);
  const [from, to] = [gaussian(400 * 64, random), gaussian(400 * 32, random)];
  const fitted = fit({ from, to }, { from: 64, to: 32 }, 200);
  // By chance 10 of 199 others: 0.05. A score of pairs that were fitted to would be many times that.
  expect(fitted.ridge.scores.overlapAt10).toBeLessThan(0.12);
  expect(fitted.procrustes.scores.overlapAt10).toBeLessThan(0.12);
  // Of a quarter 10 of 49: 0.2.
  expect(fitted.ridge.ofQuarter).toBeGreaterThan(0.12);
  expect(fitted.ridge.ofQuarter).toBeLessThan(0.28);
  expect(fitted.oldOfQuarter).toBeGreaterThan(0.12);
});

test('where queries are judged, nDCG decides and the true vectors set its measure', () => {
  const { pairs } = linearPairs({ count: 300, from: 24, to: 16 });
  const run = beginFit(algebra, { from: 24, to: 16 }, 100);
  run.add(pairs);
  const fitted = run.finish({ vectors: pairs.to.slice(0, 5 * 16), judgements: [0, 1, 2, 3, 4].map((at) => new Map([[String(at), 1]])) });
  expect(fitted.trueNdcgAt10).toBe(1);
  expect(fitted.ridge.scores.ndcgAt10).toBeGreaterThan(0.95);
});

test('the same pairs in other pages give the same map', () => {
  const sizes = { from: 24, to: 16 };
  const { pairs } = linearPairs({ count: 250, ...sizes });
  const whole = fit(pairs, sizes, 100);
  const inPages = beginFit(algebra, sizes, 100);
  for (let at = 0; at < 250; at += 70)
    inPages.add({ from: pairs.from.slice(at * 24, (at + 70) * 24), to: pairs.to.slice(at * 16, (at + 70) * 16) });
  const paged = inPages.finish();
  expect(paged).toMatchObject({ pairs: 150, heldOut: 100 });
  for (const [at, value] of paged.ridge.map.matrix.entries()) expect(value).toBeCloseTo(whole.ridge.map.matrix[at] ?? 0, 3);
});

test('a row comes out in the same bits, alone or among others', () => {
  const random = createSeededRandom(8);
  const map = { from: 50, to: 30, matrix: gaussian(50 * 30, random), offset: gaussian(30, random), normalise: true };
  const rows = gaussian(37 * 50, random);
  const together = applyMap(algebra, map, rows);
  for (let row = 0; row < 37; row += 1)
    expect(applyMap(algebra, map, rows.slice(row * 50, (row + 1) * 50))).toEqual(together.slice(row * 30, (row + 1) * 30));
});

test('vectors of length 1 are mapped to length 1, others are left as long as they come out', () => {
  const { pairs } = linearPairs({ count: 300, from: 12, to: 8 });
  const free = fit(pairs, { from: 12, to: 8 }, 50);
  const unit = fit({ from: pairs.from, to: normaliseRows(pairs.to.slice(), 8) }, { from: 12, to: 8 }, 50);
  expect(free.ridge.map.normalise).toBe(false);
  expect(Math.hypot(...applyMap(algebra, unit.ridge.map, pairs.from.slice(0, 12)))).toBeCloseTo(1, 5);
});

function fit(pairs: { from: Float32Array; to: Float32Array }, sizes: { from: number; to: number }, heldOut: number) {
  const run = beginFit(algebra, sizes, heldOut);
  run.add(pairs);
  return run.finish();
}

function linearPairs({ count, from, to }: { count: number; from: number; to: number }) {
  const random = createSeededRandom(1);
  const [matrix, offset] = [gaussian(from * to, random), gaussian(to, random)];
  const transform = (rows: Float32Array) => algebra.multiply(rows, matrix, from).map((value, at) => value + (offset[at % to] ?? 0));
  const inputs = gaussian(count * from, random);
  return { pairs: { from: inputs, to: transform(inputs) }, transform };
}

/** Squares of sums: no straight map knows them. */
function bentPairs({ count, from, to }: { count: number; from: number; to: number }) {
  const random = createSeededRandom(4);
  const matrix = gaussian(from * to, random);
  const bend = (rows: Float32Array) => algebra.multiply(rows, matrix, from).map((value) => Math.cos(value));
  const inputs = gaussian(count * from, random).map((value) => value / 4);
  return { pairs: { from: inputs, to: bend(inputs) }, bend };
}

function rotatedPairs(size: number, count: number, noise: number) {
  const random = createSeededRandom(2);
  // A Householder reflection is orthogonal.
  const axis = normaliseRows(gaussian(size, random), size);
  const matrix = Float32Array.from({ length: size * size }, (_, at) => {
    const [row, column] = [Math.floor(at / size), at % size];
    return (row === column ? 1 : 0) - 2 * (axis[row] ?? 0) * (axis[column] ?? 0);
  });
  const from = gaussian(count * size, random);
  const errors = gaussian(count * size, random);
  return { from, to: algebra.multiply(from, matrix, size).map((value, at) => value + noise * (errors[at] ?? 0)) };
}

/** Box-Muller. */
function gaussian(length: number, random: () => number): Float32Array {
  return Float32Array.from({ length }, () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
}
