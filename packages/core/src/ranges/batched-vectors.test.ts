import { createFakeBatches, fakeVector } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { vectorToBase64 } from '../domain/vector-base64.ts';
import { witnessTexts } from '../recipes/witness-texts.ts';
import { copyRange } from './copy-range.ts';
import { point, type RangeFixtureOptions, rangeFixture } from './range-context.fixture.ts';
import type { RangeContext } from './range-context.ts';

const many = Array.from({ length: 120 }, (_, n) => point(n + 1));
const underWay = { code: 'batch-under-way' };

/** A range whose vector goes by batch; `vectorOf`: the model that makes the batch, where it is another one. */
async function batchFixture({ vectorOf = fakeVector, ...options }: RangeFixtureOptions & { vectorOf?: (text: string) => number[] } = {}) {
  const vectors = { '': { embed: { model: 'fake/4', text: '{{body}}', batch: true } } };
  const on = await rangeFixture({ source: many, vectors, pagePoints: 50, ...options });
  const batches = createFakeBatches(vectorOf, () => on.clock.now().getTime());
  const witness = witnessTexts.map((text) => vectorToBase64(Float32Array.from(fakeVector(text))));
  const expected = { model: 'fake/4', dimensions: 4, vectors: witness, maxInputTokens: null };
  const batched = { batches, expected, counted: { lengths: false, limit: false } };
  const { embedding } = on.context.recipes;
  const context: RangeContext = {
    ...on.context,
    recipes: {
      ...on.context.recipes,
      embedding: Object.fromEntries(Object.entries(embedding).map(([name, one]) => [name, { ...one, batched }])),
    },
  };
  const sent = () => on.embedder.requests.flat();
  const stored = () => on.stores.pointsOf('target').map(({ vectors: { '': vector } }) => JSON.parse(vector ?? '[]'));
  return { ...on, context, batches, sent, stored };
}

const inTurn = (context: RangeContext, phaseNumber: number): RangeContext => ({
  ...context,
  migration: { ...context.migration, phaseNumber },
});
const vectorOfText = (n: number) => [...Float32Array.from(fakeVector(`text ${n}`))];

describe('a range whose texts go by batch', () => {
  it('is sent once, waits without writing or asking, and is written from what the batch came to', async () => {
    const on = await batchFixture();
    await expect(copyRange(on.context)).rejects.toMatchObject(underWay);
    await expect(copyRange(on.context)).rejects.toMatchObject(underWay);
    expect(on.batches.made.map(({ order }) => order.texts.size)).toEqual([120 + witnessTexts.length]);
    expect(on.stored()).toEqual([]);
    on.batches.finish();
    await copyRange(on.context);
    expect(on.stored()).toHaveLength(120);
    expect(on.stored()[6]).toEqual(vectorOfText(7));
    expect(on.sent()).toEqual([]);
    expect(on.batches.ended).toEqual(['batch-0']);
    expect(on.checkpoints.reduce((sum, { delta }) => sum + (delta.tokens ?? 0), 0)).toBe(120 + witnessTexts.length);
  });

  it('has what its batch left out, and what was edited meanwhile, made by requests', async () => {
    const on = await batchFixture();
    await expect(copyRange(on.context)).rejects.toMatchObject(underWay);
    on.stores.put('source', [point(3, 'edited since')]);
    on.batches.finish((text) => text === 'text 9');
    await copyRange(on.context);
    expect(on.sent().toSorted()).toEqual(['edited since', 'text 9']);
    expect(on.stored()[2]).toEqual([...Float32Array.from(fakeVector('edited since'))]);
  });

  it('is found by its bounds, whoever goes on and in whatever epoch', async () => {
    const on = await batchFixture();
    await expect(copyRange(on.context)).rejects.toMatchObject(underWay);
    const other = { ...on.context, record: { ...on.context.record, seq: 7, takenOver: true } };
    await expect(copyRange(inTurn(other, 9))).rejects.toMatchObject(underWay);
    expect(on.batches.made).toHaveLength(1);
    await expect(copyRange({ ...on.context, record: { ...on.context.record, end: { kind: 'integer', id: '110' } } })).rejects.toMatchObject(
      underWay,
    );
    expect(on.batches.made).toHaveLength(2);
  });

  it('stops where the vectors of its batch are not those of the model that it began with', async () => {
    const on = await batchFixture({ vectorOf: (text) => fakeVector(text).toReversed() });
    await expect(copyRange(on.context)).rejects.toMatchObject(underWay);
    on.batches.finish();
    await expect(copyRange(on.context)).rejects.toMatchObject({ code: 'model-changed' });
    expect(on.stored()).toEqual([]);
  });

  it('goes by requests where its batch has no witness text to show which model made it', async () => {
    const on = await batchFixture({ vectorOf: (text) => fakeVector(text).toReversed() });
    await expect(copyRange(on.context)).rejects.toMatchObject(underWay);
    on.batches.finish((text) => witnessTexts.some((one) => one === text));
    await copyRange(on.context);
    expect(on.sent()).toHaveLength(120);
    expect(on.stored()[6]).toEqual(vectorOfText(7));
  });

  it('goes by requests where it has only a few texts', async () => {
    const on = await batchFixture({ source: many.slice(0, 20) });
    await copyRange(on.context);
    expect(on.batches.made).toEqual([]);
    expect(on.sent()).toHaveLength(20);
  });

  it('is not paid at the full price where the provider has no room: it is sent again a while later', async () => {
    const on = await batchFixture();
    on.batches.refuseNext('full');
    await expect(copyRange(on.context)).rejects.toMatchObject({ ...underWay, retryAfterMs: 900_000 });
    await expect(copyRange(on.context)).rejects.toMatchObject(underWay);
    expect(on.batches.made).toHaveLength(1);
    on.clock.advance(900_000);
    await expect(copyRange(on.context)).rejects.toMatchObject(underWay);
    expect(on.batches.made.map(({ state }) => state)).toEqual(['full', 'under-way']);
    expect(on.sent()).toEqual([]);
  });

  it('stops with the words of a provider that refuses its batch, and is sent again after a resume', async () => {
    const on = await batchFixture();
    on.batches.refuseNext('refused');
    await expect(copyRange(on.context)).rejects.toMatchObject(underWay);
    await expect(copyRange(on.context)).rejects.toMatchObject({
      code: 'provider-refused',
      message: expect.stringContaining('as it was told'),
    });
    expect(on.batches.made).toHaveLength(1);
    await expect(copyRange(inTurn(on.context, 5))).rejects.toMatchObject(underWay);
    expect(on.batches.made).toHaveLength(2);
    expect(on.sent()).toEqual([]);
  });

  it('sends no text again that the target has already', async () => {
    const on = await batchFixture();
    await expect(copyRange(on.context)).rejects.toMatchObject(underWay);
    on.batches.finish();
    await copyRange(on.context);
    on.stores.put(
      'source',
      Array.from({ length: 130 }, (_, n) => point(n + 201)),
    );
    const record = { ...on.context.record, start: { kind: 'integer' as const, id: '60' }, attempts: 1 };
    await expect(copyRange({ ...on.context, record })).rejects.toMatchObject(underWay);
    expect(on.batches.made[1]?.order.texts.size).toBe(130 + witnessTexts.length);
  });
});
