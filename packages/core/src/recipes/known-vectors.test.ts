import type { Witness } from '@reembed/contracts';
import { createFakeClock, createFakeEmbedder, createFakeState, fakeVector } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import type { VectorCache } from '../ports/vector-cache.ts';
import { embedTexts } from './embed-texts.ts';
import { createKnownVectors } from './known-vectors.ts';

const witness: Witness = { model: 'fake/4', dimensions: 4, vectors: ['AAAA', 'AAAB', 'AAAC'] };

function createFakeCache(): VectorCache & { readonly keys: string[] } {
  const kept = new Map<string, Float32Array>();
  return {
    get keys() {
      return [...kept.keys()];
    },
    find: async (keys) => keys.map((key) => kept.get(key) ?? null),
    async keep(vectors) {
      for (const { key, vector } of vectors) kept.set(key, vector);
    },
  };
}

function context(known: ReturnType<typeof createKnownVectors>) {
  const clock = createFakeClock();
  const embedder = createFakeEmbedder();
  const { rateBudget: budget } = createFakeState({ clock });
  return { embedder, dimensions: undefined, budget, clock, signal: new AbortController().signal, known };
}

const vectors = (embedded: Awaited<ReturnType<typeof embedTexts>>['embedded']) =>
  embedded.map((item) => ('vector' in item ? [...item.vector] : 'refused'));

describe('texts that were embedded before', () => {
  it('are neither sent nor paid again, and the others are: in their order', async () => {
    const cache = createFakeCache();
    const first = context(createKnownVectors(cache, witness));
    expect(await embedTexts(first, ['one', 'REFUSED', 'two'])).toMatchObject({ texts: 3 });
    const second = context(createKnownVectors(cache, witness));
    const { embedded, texts, tokens } = await embedTexts(second, ['three', 'two', 'REFUSED', 'one', 'two']);
    expect(vectors(embedded)).toEqual(
      ['three', 'two', 'REFUSED', 'one', 'two'].map((text) => (text === 'REFUSED' ? 'refused' : [...Float32Array.from(fakeVector(text))])),
    );
    expect(second.embedder.requests.flat().filter((text) => text === 'one' || text === 'two')).toEqual([]);
    expect([texts, tokens]).toEqual([2, 1]);
    const third = context(createKnownVectors(cache, witness));
    expect(await embedTexts(third, ['three', 'two'])).toMatchObject({ texts: 0, tokens: 0 });
    expect(third.embedder.requests).toEqual([]);
  });

  it('are of the model as it showed itself: another witness, or another size, knows none of them', async () => {
    const cache = createFakeCache();
    await embedTexts(context(createKnownVectors(cache, witness)), ['one']);
    for (const change of [{ vectors: ['AAAA', 'AAAB', 'AAAD'] }, { dimensions: 3 }, { model: 'fake/5' }]) {
      const on = context(createKnownVectors(cache, { ...witness, ...change }));
      await embedTexts(on, ['one']);
      expect(on.embedder.requests).toEqual([['one']]);
    }
  });

  it('are kept under a hash, which no text can be read from', async () => {
    const cache = createFakeCache();
    await embedTexts(context(createKnownVectors(cache, witness)), ['a secret']);
    expect(cache.keys).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
  });
});
