import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutVector, readRows, writeRows } from './stored-vector.ts';

const vectors = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -100, max: 100 }), { minLength: 2, maxLength: 40 });
const encode = (row: Float32Array) => JSON.stringify([...row]);

describe('cutVector', () => {
  it('keeps the first values and gives them length 1', () => {
    expect(cutVector(Float32Array.of(3, 4, 12), 2)).toEqual(Float32Array.of(0.6, 0.8));
  });

  it('keeps the direction, whatever the values', () => {
    fc.assert(
      fc.property(vectors, fc.integer({ min: 1, max: 40 }), (values, dimensions) => {
        const vector = Float32Array.from(values);
        const kept = vector.subarray(0, dimensions);
        const length = Math.hypot(...kept);
        const cut = cutVector(vector, dimensions);
        if (length < 1e-18) return;
        expect(cut).toEqual(kept.map((value) => value / Math.sqrt(kept.reduce((sum, v) => sum + v * v, 0))));
        expect(Math.hypot(...(cut ?? []))).toBeCloseTo(1, 5);
      }),
    );
  });

  it('has nothing to give where the first values are all zero', () => {
    expect(cutVector(Float32Array.of(0, -0, 5), 2)).toBeNull();
  });

  it('leaves the vector it was given alone', () => {
    const vector = Float32Array.of(3, 4);
    cutVector(vector, 2);
    expect(vector).toEqual(Float32Array.of(3, 4));
  });
});

describe('rows', () => {
  it.each(['[1,2.5]', '[[1,2.5],[3,4]]', '[[1,2.5]]'])('come back as they were: %s', (text) => {
    expect(writeRows(readRows(text), encode)).toBe(text);
  });
});
