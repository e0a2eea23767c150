import { createHash } from 'node:crypto';
import { type SpecInput, specSchema } from '@reembed/contracts';
import {
  createFakeBm25,
  createFakeClock,
  createFakeEmbedder,
  createFakeState,
  type FakeEmbedderOptions,
  fakeVector,
} from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import type { PointText } from '../domain/point.ts';
import { applyRecipes } from './apply-recipes.ts';
import { weightedMean } from './embed-whole.ts';

type Vectors = SpecInput['vectors'];
const encode = (vector: Float32Array) => JSON.stringify([...vector]);
const vectorOf = (text: string) => Float32Array.from(fakeVector(text));
const embed = (change: object = {}) => ({ embed: { model: 'fake/4', text: '{{body}}', ...change } });

function point(id: number, body?: string, vectors: PointText['vectors'] = {}): PointText {
  return { id: { kind: 'integer', id: String(id) }, payload: body === undefined ? '{}' : JSON.stringify({ body }), vectors };
}

function contextFor(vectors: Vectors, options: FakeEmbedderOptions = {}) {
  const clock = createFakeClock();
  const embedder = createFakeEmbedder(options);
  const { rateBudget: budget } = createFakeState({ clock });
  const made = { embedder, dimensions: undefined, budget, clock, signal: new AbortController().signal };
  const spec = specSchema.parse({ name: 'x', source: { collection: 'a' }, target: { collection: 'b' }, vectors });
  const embedding = Object.fromEntries(Object.keys(spec.vectors).map((name) => [name, made]));
  return { spec, resolved: { storedAs: {}, avgLen: {} }, bm25: createFakeBm25(), embedding, encodeVector: encode, embedder };
}

/** Of words, each a token. */
const twelve = 'a b c d e f g h i j k l';

describe('applyRecipes', () => {
  it('keeps id and payload text, and makes one vector a recipe', async () => {
    const context = contextFor({ '': { keep: '' }, new: embed(), copy: { keep: 'sparse' } });
    const source: PointText = {
      id: { kind: 'integer', id: '18446744073709551615' },
      payload: '{"n":1.0,"body":"hello"}',
      vectors: { '': '[0.10,1]', sparse: '{"indices":[1],"values":[2.0]}' },
    };
    const mapped = await applyRecipes(context, [source]);
    expect(mapped.points).toEqual([
      {
        id: source.id,
        payload: source.payload,
        vectors: { '': '[0.10,1]', new: vectorOf('hello'), copy: '{"indices":[1],"values":[2.0]}' },
      },
    ]);
    expect(mapped).toMatchObject({ setAside: [], texts: 1, tokens: 1 });
  });

  it('leaves out a kept vector that the point has not', async () => {
    const { points } = await applyRecipes(contextFor({ a: { keep: 'x' }, b: { keep: 'y' } }), [point(1, 'text', { y: '[1]' })]);
    expect(points[0]?.vectors).toEqual({ b: '[1]' });
  });

  it('keeps the order of the page', async () => {
    const page = [3, 1, 2].map((id) => point(id, `text ${id}`));
    const { points } = await applyRecipes(contextFor({ '': embed() }), page);
    expect(points.map(({ id }) => id.id)).toEqual(['3', '1', '2']);
  });

  it('sets a point without text aside, with the hash of its payload', async () => {
    const { points, setAside } = await applyRecipes(contextFor({ '': embed() }), [point(1), point(2, 'text')]);
    expect(points.map(({ id }) => id.id)).toEqual(['2']);
    const payloadHash = createHash('sha256').update('{}').digest('hex');
    expect(setAside).toEqual([
      {
        id: { kind: 'integer', id: '1' },
        vector: '',
        code: 'text-missing',
        reason: expect.stringContaining('point 1 has no text'),
        payloadHash,
      },
    ]);
  });

  it('writes a point without text and without the vector where the spec says so', async () => {
    const context = contextFor({ '': { keep: '' }, new: embed({ onMissingText: 'keep-without-vector' }) });
    const { points, setAside } = await applyRecipes(context, [point(1, undefined, { '': '[1]' })]);
    expect(points).toEqual([point(1, undefined, { '': '[1]' })]);
    expect(setAside).toEqual([]);
  });

  it('fails on a point without text where the spec says so, before anything is paid for', async () => {
    const context = contextFor({ '': embed({ onMissingText: 'fail' }) });
    await expect(applyRecipes(context, [point(1, 'text'), point(2)])).rejects.toMatchObject({
      code: 'text-missing',
      message: expect.stringContaining('point 2'),
    });
    expect(context.embedder.requests).toEqual([]);
  });

  it('sets a text that is too long aside without sending it', async () => {
    const context = contextFor({ '': embed() }, { limits: { maxInputTokens: 2 } });
    const { points, setAside } = await applyRecipes(context, [point(1, 'one two three'), point(2, 'short')]);
    expect(points.map(({ id }) => id.id)).toEqual(['2']);
    expect(setAside).toMatchObject([{ code: 'text-too-long', reason: expect.stringContaining('point 1') }]);
    expect(context.embedder.requests).toEqual([['short']]);
  });

  it('averages the pieces of a long text, and counts what they cost', async () => {
    const context = contextFor({ '': embed({ onLongText: 'split-mean' }) }, { limits: { maxInputTokens: 2 } });
    const { points, texts, tokens } = await applyRecipes(context, [point(1, 'one two three')]);
    const mean = weightedMean([Float32Array.from(fakeVector('one two')), Float32Array.from(fakeVector(' three'))], [2, 1]);
    expect(points[0]?.vectors['']).toEqual(mean);
    expect([texts, tokens]).toEqual([2, 3]);
  });

  it.each(['truncate', 'split-mean'] as const)('shortens (%s) what only the provider can tell is too long', async (onLongText) => {
    const options = { limits: { maxInputTokens: 10 }, exactTokens: false };
    const context = contextFor({ '': embed({ onLongText }) }, options);
    const { points, setAside } = await applyRecipes(context, [point(1, twelve), point(2, 'short')]);
    expect(setAside).toEqual([]);
    const cut = Float32Array.from(fakeVector('a b c d e f g h'));
    const mean = weightedMean([cut, Float32Array.from(fakeVector(' i j k l'))], [8, 4]);
    expect(points.map(({ vectors }) => vectors[''])).toEqual([onLongText === 'truncate' ? cut : mean, vectorOf('short')]);
  });

  it('shortens what is too long for a model that has its tokenizer only since the first request', async () => {
    const known = contextFor({ '': embed({ onLongText: 'truncate' }) }, { exactTokens: false, limits: { maxInputTokens: 10 } });
    const { embedder } = known;
    Object.defineProperty(embedder, 'exactTokens', { get: () => embedder.requests.length > 0 });
    const { points, setAside } = await applyRecipes(known, [point(1, twelve)]);
    expect(setAside).toEqual([]);
    expect(points[0]?.vectors['']).toEqual(vectorOf('a b c d e f g h i j'));
  });

  it('sets a text aside that the provider refuses whatever its length, and goes on', async () => {
    const context = contextFor({ '': embed({ onLongText: 'truncate' }) }, { exactTokens: false, limits: { maxInputTokens: 10 } });
    const { points, setAside } = await applyRecipes(context, [point(1, 'REFUSED'), point(2, 'fine')]);
    expect(points.map(({ id }) => id.id)).toEqual(['2']);
    expect(setAside).toMatchObject([{ code: 'provider-refused-input', vector: '' }]);
  });

  it('sets a point aside whole, once, and embeds no more of it', async () => {
    const context = contextFor({ a: embed(), b: embed({ text: 'B {{body}}' }) });
    const { points, setAside } = await applyRecipes(context, [point(1, 'REFUSED'), point(2, 'fine')]);
    expect(points.map(({ vectors }) => Object.keys(vectors))).toEqual([['a', 'b']]);
    expect(setAside).toMatchObject([{ id: { id: '1' }, vector: 'a' }]);
    expect(context.embedder.requests.at(-1)).toEqual(['B fine']);
  });
});
