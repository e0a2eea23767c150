import { createFakeClock, createFakeEmbedder, createFakeState } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { ReembedError } from '../domain/error.ts';
import type { Embedder } from '../ports/embedder.ts';
import { changeOf, compareWitness, takeFirstWitness, takeWitness } from './witness.ts';
import { witnessTexts } from './witness-texts.ts';

function context(embedder: Embedder = createFakeEmbedder()) {
  const clock = createFakeClock();
  const { rateBudget: budget } = createFakeState({ clock });
  return { embedder, dimensions: undefined, budget, clock, signal: new AbortController().signal };
}

const directions = { lengths: false, limit: false };
const lengths = { lengths: true, limit: false };
const encode = (values: number[]) => Buffer.from(Float32Array.from(values).buffer).toString('base64');
const witness = (...rows: number[][]) => ({ model: 'fake/4', dimensions: rows[0]?.length ?? 0, vectors: rows.map(encode) });

describe('takeWitness', () => {
  it('is the same for the same model', async () => {
    const [first, second] = [await takeWitness(context()), await takeWitness(context())];
    expect(first).toMatchObject({ model: 'fake/4', dimensions: 4 });
    expect(first.vectors).toHaveLength(witnessTexts.length);
    expect(() => compareWitness(first, second, lengths)).not.toThrow();
  });

  it('is of documents, whatever the context is for: queries have other vectors, and other prefixes', async () => {
    const kinds: string[] = [];
    const fake = createFakeEmbedder();
    const embedder: Embedder = {
      ...fake,
      embed(texts, request) {
        kinds.push(request.kind);
        return fake.embed(texts, request);
      },
    };
    await takeWitness({ ...context(embedder), kind: 'query' });
    await takeFirstWitness({ ...context(embedder), kind: 'query' });
    expect(new Set(kinds)).toEqual(new Set(['document']));
  });

  it('asks a model that takes one text a request one text at a time', async () => {
    const embedder = createFakeEmbedder({ limits: { maxInputs: 1 } });
    expect(await takeWitness(context(embedder))).toEqual(await takeWitness(context()));
    expect(embedder.requests).toEqual(witnessTexts.map((text) => [text]));
  });

  it('throws what the provider refuses', async () => {
    const refuses = createFakeEmbedder({ limits: { maxInputTokens: 1 } });
    await expect(takeWitness(context(refuses))).rejects.toMatchObject({ code: 'provider-refused' });
    const wrongKey = createFakeEmbedder({ failsOn: () => new ReembedError('provider-unauthorized', 'no') });
    await expect(takeWitness(context(wrongKey))).rejects.toMatchObject({ code: 'provider-unauthorized' });
  });
});

describe('what is said of another model', () => {
  it('tells a size where that has changed, and no other: of words it would be none of the model', () => {
    const what = (found: number[]) => changeOf(witness([1, 0, 0, 0]), witness(found), directions)?.what;
    expect(what([0, 1, 0, 0])).toContain('come back with cosine 0.000000 (at least');
    expect(what([1, 0])).toContain('come back with 2 dimensions instead of 4 and cosine 1.000000');
  });
});

describe('takeFirstWitness', () => {
  const noisy = (share: number) => {
    let nth = 0;
    return createFakeEmbedder({ vectorOf: (text) => [1, text.length / 100, share * (nth++ % 2), 0] });
  };

  it('keeps how far apart the vectors of a server lie, and says nothing of one that is exact', async () => {
    expect(await takeFirstWitness(context())).toEqual(await takeWitness(context()));
    const { spread = 0 } = await takeFirstWitness(context(noisy(0.05)));
    expect(spread).toBeGreaterThan(5e-4);
    expect(spread).toBeLessThan(2e-3);
  });

  it('refuses a server whose vectors hang on the batch, or are others each time', async () => {
    const exact = createFakeEmbedder();
    const leaning: Embedder = {
      ...exact,
      async embed(texts, request) {
        const made = await exact.embed(texts, request);
        return { ...made, vectors: made.vectors.map((value, at) => (at % 4 === 3 ? value + texts.length / 5 : value)) };
      },
    };
    const code = { code: 'provider-bad-reply', retry: 'never' };
    await expect(takeFirstWitness(context(leaning))).rejects.toMatchObject({ ...code, message: expect.stringContaining('maxInputs: 1') });
    await expect(takeFirstWitness(context(noisy(0.5)))).rejects.toMatchObject({ ...code, message: expect.stringContaining('versions') });
    // As it is told to: alone, a text has the vector that its queries find.
    const oneByOne = { ...leaning, limits: { ...leaning.limits, maxInputs: 1 } };
    expect((await takeFirstWitness(context(oneByOne))).spread).toBeUndefined();
  });
});

describe('compareWitness', () => {
  it('goes by the spread that was seen', () => {
    const [expected, found] = [witness([1, 0]), witness([1, 0.05])];
    expect(() => compareWitness(expected, found, directions)).toThrow(/at least 0\.9999 is the same model/);
    expect(() => compareWitness({ ...expected, spread: 1e-3 }, found, directions)).not.toThrow();
    expect(() => compareWitness({ ...expected, spread: 1e-4 }, found, directions)).toThrow(/at least 0\.9996 is the same model/);
  });

  it.each([
    ['equal vectors', witness([1, 0], [0, 1]), witness([1, 0], [0, 1])],
    ['vectors of another length', witness([1, 0]), witness([3, 0])],
    ['vectors a hair apart', witness([1, 0]), witness([1, 0.01])],
  ])('takes %s for the same model', (_, expected, found) => {
    expect(() => compareWitness(expected, found, directions)).not.toThrow();
  });

  it.each([
    ['another direction', witness([1, 0]), witness([1, 0.02])],
    ['one text of several in another direction', witness([1, 0], [0, 1]), witness([1, 0], [1, 1])],
    ['another size', witness([1, 0]), witness([1, 0, 0])],
    ['a text less', witness([1, 0], [0, 1]), witness([1, 0])],
    ['zeros', witness([1, 0]), witness([0, 0])],
    ['something that is no number', witness([1, 0]), witness([Number.NaN, 0])],
  ])('takes %s for another model', (_, expected, found) => {
    expect(() => compareWitness(expected, found, directions)).toThrow(expect.objectContaining({ code: 'model-changed' }));
  });

  it('takes vectors of another length for another model where lengths count, which a direction does not show', () => {
    const [before, longer, hair] = [witness([0.6, 0.8], [0, 1]), witness([0.6, 0.8], [0, 3]), witness([0.6, 0.8], [0, 1.001])];
    expect(() => compareWitness(before, longer, lengths)).toThrow(/3.000 times as long/);
    expect(() => compareWitness(before, hair, lengths)).not.toThrow();
  });

  it('takes one that reads more or less of a text for another where longer ones are cut, which short texts do not show', () => {
    const [before, now] = [
      { ...witness([1, 0]), maxInputTokens: 512 },
      { ...witness([1, 0]), maxInputTokens: 256 },
    ];
    const cut = { lengths: false, limit: true };
    expect(() => compareWitness(before, now, cut)).toThrow(
      /fake\/4 reads 256 tokens of a text now, and read 512 before.*limits\.maxInputTokens/,
    );
    expect(() => compareWitness(before, { ...now, maxInputTokens: null }, cut)).toThrow(/reads any number of tokens/);
    expect(() => compareWitness(before, before, cut)).not.toThrow();
    expect(() => compareWitness(before, now, directions)).not.toThrow();
  });

  it('holds no limit against a migration that was begun before limits were written down, and takes no stored vector of it', () => {
    const [before, now] = [witness([1, 0]), { ...witness([1, 0]), maxInputTokens: 256 }];
    const cut = { lengths: false, limit: true };
    expect(() => compareWitness(before, now, cut)).not.toThrow();
    expect(changeOf(before, now, cut)).toMatchObject({ what: expect.stringContaining('read nobody knows how many') });
  });
});
