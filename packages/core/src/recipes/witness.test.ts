import { createFakeClock, createFakeEmbedder, createFakeState } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { ReembedError } from '../domain/error.ts';
import { compareWitness, takeWitness } from './witness.ts';
import { witnessTexts } from './witness-texts.ts';

function context(embedder = createFakeEmbedder()) {
  const clock = createFakeClock();
  const { rateBudget: budget } = createFakeState({ clock });
  return { embedder, dimensions: undefined, budget, clock, signal: new AbortController().signal };
}

const encode = (values: number[]) => Buffer.from(Float32Array.from(values).buffer).toString('base64');
const witness = (...rows: number[][]) => ({ model: 'fake/4', dimensions: rows[0]?.length ?? 0, vectors: rows.map(encode) });

describe('takeWitness', () => {
  it('is the same for the same model', async () => {
    const [first, second] = [await takeWitness(context()), await takeWitness(context())];
    expect(first).toMatchObject({ model: 'fake/4', dimensions: 4 });
    expect(first.vectors).toHaveLength(witnessTexts.length);
    expect(() => compareWitness(first, second, { lengths: true })).not.toThrow();
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

describe('compareWitness', () => {
  it.each([
    ['equal vectors', witness([1, 0], [0, 1]), witness([1, 0], [0, 1])],
    ['vectors of another length', witness([1, 0]), witness([3, 0])],
    ['vectors a hair apart', witness([1, 0]), witness([1, 0.01])],
  ])('takes %s for the same model', (_, expected, found) => {
    expect(() => compareWitness(expected, found, { lengths: false })).not.toThrow();
  });

  it.each([
    ['another direction', witness([1, 0]), witness([1, 0.02])],
    ['one text of several in another direction', witness([1, 0], [0, 1]), witness([1, 0], [1, 1])],
    ['another size', witness([1, 0]), witness([1, 0, 0])],
    ['a text less', witness([1, 0], [0, 1]), witness([1, 0])],
    ['zeros', witness([1, 0]), witness([0, 0])],
    ['something that is no number', witness([1, 0]), witness([Number.NaN, 0])],
  ])('takes %s for another model', (_, expected, found) => {
    expect(() => compareWitness(expected, found, { lengths: false })).toThrow(expect.objectContaining({ code: 'model-changed' }));
  });

  it('takes vectors of another length for another model where lengths count, which a direction does not show', () => {
    const [before, longer, hair] = [witness([0.6, 0.8], [0, 1]), witness([0.6, 0.8], [0, 3]), witness([0.6, 0.8], [0, 1.001])];
    expect(() => compareWitness(before, longer, { lengths: true })).toThrow(/3.000 times as long/);
    expect(() => compareWitness(before, hair, { lengths: true })).not.toThrow();
  });
});
