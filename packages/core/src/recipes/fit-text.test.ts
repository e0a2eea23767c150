import type { EmbedRecipe } from '@reembed/contracts';
import { createFakeEmbedder } from '@reembed/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitText, weightedMean } from './embed-whole.ts';

const recipe = (onLongText: EmbedRecipe['onLongText']) => ({ model: 'fake/4', onLongText });
const exact = createFakeEmbedder({ limits: { maxInputTokens: 3 } });
const guessing = createFakeEmbedder({ limits: { maxInputTokens: 5 }, exactTokens: false });
const whole = (text: string) => ({ pieces: [text], weights: [1] });

describe('fitText', () => {
  it.each(['quarantine', 'truncate', 'split-mean'] as const)('leaves a text that fits as it is (%s)', async (onLongText) => {
    expect(await fitText(exact, recipe(onLongText), 'one two three')).toEqual(whole('one two three'));
  });

  it('sets a text that is too long aside and says by how much', async () => {
    const fitted = await fitText(exact, recipe('quarantine'), 'one two three four');
    expect(fitted).toEqual({ tooLong: expect.stringMatching(/4 tokens and fake\/4 reads 3.*truncate or split-mean/) });
  });

  it('cuts a text that is too long', async () => {
    expect(await fitText(exact, recipe('truncate'), 'one two three four')).toEqual(whole('one two three'));
  });

  it('splits a text that is too long, each piece with its length as weight', async () => {
    const fitted = await fitText(exact, recipe('split-mean'), 'a b c d e f g');
    expect(fitted).toEqual({ pieces: ['a b c', ' d e f', ' g'], weights: [3, 3, 1] });
  });

  it('loses no word when it splits', async () => {
    const words = fc.array(fc.stringMatching(/^\S{1,8}\s{1,3}$/), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(words, fc.integer({ min: 1, max: 7 }), async (parts, maxInputTokens) => {
        const text = parts.join('');
        const fitted = await fitText(createFakeEmbedder({ limits: { maxInputTokens } }), recipe('split-mean'), text);
        if (!('pieces' in fitted)) throw new Error('it was set aside');
        expect(fitted.pieces.join('').trimEnd()).toBe(text.trimEnd());
        expect(fitted.pieces.every((piece) => (piece.match(/\S+/g)?.length ?? 0) <= maxInputTokens && piece.trim() !== '')).toBe(true);
      }),
    );
  });

  it('judges nothing before the provider has where it can only guess', async () => {
    expect(await fitText(guessing, recipe('truncate'), 'a b c d e f g')).toEqual(whole('a b c d e f g'));
  });

  it('keeps a fifth in hand where it can only guess and the provider has refused', async () => {
    expect(await fitText(guessing, recipe('truncate'), 'a b c d e f g', true)).toEqual(whole('a b c d'));
    expect(await fitText(guessing, recipe('split-mean'), 'a b c d e f g', true)).toMatchObject({ pieces: ['a b c d', ' e f g'] });
  });

  it('never cuts for a model without a limit', async () => {
    expect(await fitText(createFakeEmbedder(), recipe('truncate'), 'word '.repeat(999))).toEqual(whole('word '.repeat(999)));
  });

  it('sets a text aside of which not even a first piece fits', async () => {
    const embedder = { ...exact, truncate: async () => '' };
    for (const onLongText of ['truncate', 'split-mean'] as const) {
      expect(await fitText(embedder, recipe(onLongText), 'one two three four')).toEqual({ tooLong: expect.any(String) });
    }
  });
});

describe('weightedMean', () => {
  const vector = (...values: number[]) => Float32Array.from(values);

  it('gives a single vector back as it is', () => {
    const only = vector(3, 4);
    expect(weightedMean([only], [7])).toBe(only);
  });

  it('weights by length and gives a unit vector', () => {
    const mean = weightedMean([vector(1, 0), vector(0, 1)], [3, 4]);
    expect([...mean]).toEqual([Math.fround(0.6), Math.fround(0.8)]);
  });
});
