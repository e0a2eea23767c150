import { describe, expect, it } from 'vitest';
import { ByteWriter } from './byte-writer.ts';
import { spellFloat32 } from './float32-text.ts';

const written = (value: number) => new ByteWriter().floats(Float32Array.of(value)).take().toString().slice(1, -1);

describe('a 32-bit float as text', () => {
  it.each([
    [1, '1.0'],
    [-0, '-0.0'],
    [0.1, '0.1'],
    [0.70710677, '0.70710677'],
    [16777216, '16777216.0'],
    [123456789, '123456790.0'],
    [1e-5, '0.00001'],
    [1e-6, '0.000001'],
    [1e-7, '1e-07'],
    [1e12, '1000000000000.0'],
    [1e13, '1e+13'],
    [3.4028235e38, '3.4028235e+38'],
    [1e-45, '1e-45'],
  ])('%d is %s', (value, text) => {
    expect(spellFloat32(Math.fround(value))).toBe(text);
    expect(written(value)).toBe(text);
  });

  it('is the same by the quick way and by the long one, and reads back', () => {
    const bits = new Uint32Array(1);
    const value = new Float32Array(bits.buffer);
    for (let i = 0; i < 100_000; i++) {
      bits[0] = Math.imul(i, 2654435761) >>> 0;
      const number = value[0] ?? 0;
      if (!Number.isFinite(number)) continue;
      const text = written(number);
      if (text !== spellFloat32(number) || !Object.is(Math.fround(Number(text)), number)) expect(text).toBe(spellFloat32(number));
    }
  });
});
