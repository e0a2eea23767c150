import { describe, expect, it } from 'vitest';
import { cosine } from '../domain/vector-base64.ts';
import { witnessVector } from './witness-vector.ts';

const words = (...pairs: number[]) => witnessVector(Float32Array.from(pairs), { shape: 'words', size: 0 });
const rows = (...values: number[]) => witnessVector(Float32Array.from(values), { shape: 'rows', size: 2 });

describe('a vector of any shape as one direction', () => {
  it('is a dense vector itself', () => {
    const dense = Float32Array.of(1, 2, 3);
    expect(witnessVector(dense, { shape: 'dense', size: 0 })).toBe(dense);
  });

  it('has one size whatever the text, and turns by a word, a weight and a row', () => {
    expect(words(7, 0.5).length).toBe(words(1, 0.5, 30_000, 2).length);
    expect(cosine(words(7, 0.5, 19, 1), words(7, 0.5, 19, 1))).toBeCloseTo(1, 9);
    expect(cosine(words(7, 0.5, 19, 1), words(8, 0.5, 19, 1))).toBeLessThan(0.9);
    expect(cosine(words(7, 0.5, 19, 1), words(7, 0.6, 19, 1))).toBeLessThan(0.999);
    expect(rows(1, 0, 0, 1)).toEqual(Float32Array.of(1, 1));
    expect(cosine(rows(1, 0, 0, 1), rows(1, 0, 0, 1, 0, 1))).toBeLessThan(0.99);
  });

  it('stays what it is under the noise of a server, a word of hardly any weight among it', () => {
    expect(cosine(words(7, 0.5, 19, 1), words(7, 0.5001, 19, 1, 40, 0.001))).toBeGreaterThan(0.9999);
  });

  it('is one of a text without words too, and that of no other', () => {
    expect(cosine(words(), words())).toBe(1);
    expect(cosine(words(), words(0, 1))).toBe(0);
    expect(cosine(words(), words(31, 1))).toBe(0);
  });
});
