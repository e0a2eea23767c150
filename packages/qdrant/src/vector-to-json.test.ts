import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { vectorToJson } from './vector-to-json.ts';

const anyFloat32 = fc
  .integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
  .map((bits) => new Float32Array(Int32Array.of(bits).buffer)[0] as number)
  .filter(Number.isFinite);

/** As serde does: the text is read as a double, the double rounded to float32. */
function readBack(text: string): Float32Array {
  return Float32Array.from(JSON.parse(text) as number[]);
}

function bitsOf(vector: Float32Array): Int32Array {
  return new Int32Array(vector.slice().buffer);
}

describe('vectorToJson', () => {
  it('is exact for every float32, signs of zero included', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(anyFloat32, fc.float({ noNaN: true, min: -1, max: 1 })), { maxLength: 40 }), (floats) => {
        const vector = Float32Array.from(floats);
        expect(bitsOf(readBack(vectorToJson(vector)))).toEqual(bitsOf(vector));
      }),
      { numRuns: 2000 },
    );
  });

  it('is exact on both sides of every power of two and of ten', () => {
    const edges = Array.from({ length: 277 }, (_, i) => 2 ** (i - 149)).concat(Array.from({ length: 76 }, (_, i) => 10 ** (i - 37)));
    const vector = Float32Array.from(edges.filter((edge) => Number.isFinite(Math.fround(edge))));
    const bits = bitsOf(vector);
    for (const step of [-2, -1, 0, 1, 2]) {
      const neighbours = new Float32Array(bits.map((bit) => Math.max(0, bit + step)).buffer);
      expect(bitsOf(readBack(vectorToJson(neighbours)))).toEqual(bitsOf(neighbours));
    }
  });

  it('never spells a number as an integer, so that rows of whole numbers are not taken for a sparse vector', () => {
    fc.assert(
      fc.property(fc.oneof(anyFloat32, fc.integer({ min: -70_000, max: 70_000 })), (value) => {
        expect(vectorToJson(Float32Array.of(value))).toMatch(/^\[-?\d+(\.\d+)?(e[+-]\d+)?\]$/);
        expect(vectorToJson(Float32Array.of(value))).toMatch(/[.e]/);
      }),
    );
  });

  it.each([
    [[], '[]'],
    [[0, -0, 1, -1, 10], '[0.0,-0.0,1.0,-1.0,10.0]'],
    [[0.5, 0.1, -0.25], '[0.5,0.100000001,-0.25]'],
    [[16777215, 16777216, 1e20], '[16777215.0,16777216.0,100000002000000000000.0]'],
    [[1e-45, 1.17549435e-38, 3.4028234663852886e38], '[1.40129846e-45,1.17549435e-38,3.40282347e+38]'],
  ])('writes %j as %s', (numbers, text) => {
    expect(vectorToJson(Float32Array.from(numbers))).toBe(text);
  });

  it('writes a part of a larger array', () => {
    expect(vectorToJson(Float32Array.of(1, 2, 3, 4).subarray(1, 3))).toBe('[2.0,3.0]');
  });

  it('needs at most ten digits for what embeddings hold', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, min: Math.fround(0.001), max: 1 }), (value) => {
        const digits = vectorToJson(Float32Array.of(value)).replace(/^\[0?\.0*|\D/g, '');
        expect(digits.replace(/^0+/, '').length).toBeLessThanOrEqual(10);
      }),
    );
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('throws for %s', (value) => {
    expect(() => vectorToJson(Float32Array.of(1, value))).toThrow(RangeError);
  });
});
