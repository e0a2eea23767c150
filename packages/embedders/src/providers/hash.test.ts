import type { Embeddings } from '@reembed/core';
import { describe, expect, it } from 'vitest';
import { createModelCatalogue } from '../model-catalogue.ts';

const catalogue = createModelCatalogue({ config: { models: {} }, env: {} });

function dot({ vectors, dimensions }: Embeddings, a: number, b: number): number {
  let sum = 0;
  for (let at = 0; at < dimensions; at += 1) sum += (vectors[a * dimensions + at] ?? 0) * (vectors[b * dimensions + at] ?? 0);
  return sum;
}

describe('hash/<dimensions>', () => {
  it('gives the same vector on every machine', async () => {
    const { vectors } = await catalogue.embedder('hash/16').embed(['The quick brown fox, the lazy dog'], { kind: 'document' });
    expect([...vectors].map((value) => value.toFixed(4)).join(' ')).toMatchInlineSnapshot(
      `"0.0000 0.0000 0.0000 0.0000 0.5806 0.2903 -0.2903 0.0000 -0.4915 -0.2903 -0.2903 0.2903 0.0000 0.0000 0.0000 0.0000"`,
    );
  });

  it('puts texts that share words near each other, and pairs of words nearer', async () => {
    const texts = ['the cat sat on the mat', 'on the mat sat the cat', 'mat the on sat cat the', 'quantum field theory'];
    const embeddings = await catalogue.embedder('hash/1024').embed(texts, { kind: 'document' });
    expect(dot(embeddings, 0, 0)).toBeCloseTo(1, 5);
    expect(dot(embeddings, 0, 1)).toBeGreaterThan(dot(embeddings, 0, 2));
    expect(dot(embeddings, 0, 2)).toBeGreaterThan(Math.abs(dot(embeddings, 0, 3)) + 0.3);
  });

  it('reads the same word in any case and any composition', async () => {
    const { vectors } = await catalogue
      .embedder('hash/64')
      .embed(['Über Ångström', 'u\u0308BER a\u030angstro\u0308m'], { kind: 'document' });
    expect(vectors.slice(0, 64)).toEqual(vectors.slice(64));
  });

  it('splits scripts that write no spaces into characters', async () => {
    expect(await catalogue.embedder('hash/64').countTokens('東京タワー and 3 words')).toBe(5 + 3);
  });

  it('never gives a zero vector, however few the dimensions', async () => {
    const texts = Array.from({ length: 1000 }, (_, index) => `w${index} v${index * 7}`);
    await expect(catalogue.embedder('hash/16').embed(texts, { kind: 'document' })).resolves.toMatchObject({ dimensions: 16 });
  });
});
