import { buildMigration, createFakeBatches, createFakeState, fakeVector } from '@reembed/testkit';
import { createFakeCosts } from '@reembed/testkit/fakes/fake-pace';
import { describe, expect, it } from 'vitest';
import { vectorToBase64 } from '../domain/vector-base64.ts';
import type { Costs } from '../ports/pace.ts';
import { type BatchBudget, throttledBudget } from '../recipes/throttled-budget.ts';
import { witnessTexts } from '../recipes/witness-texts.ts';
import { copyRange } from './copy-range.ts';
import { point, type RangeFixtureOptions, rangeFixture } from './range-context.fixture.ts';
import type { RangeContext } from './range-context.ts';

const many = Array.from({ length: 120 }, (_, n) => point(n + 1));
const underWay = { code: 'batch-under-way' };

/** A range whose vector goes by batch; `vectorOf`: the model that makes the batch, where it is another one. */
async function batchFixture({
  vectorOf = fakeVector,
  budget,
  ...options
}: RangeFixtureOptions & { vectorOf?: (text: string) => number[]; budget?: BatchBudget } = {}) {
  const vectors = { '': { embed: { model: 'fake/4', text: '{{body}}', batch: true } } };
  const on = await rangeFixture({ source: many, vectors, pagePoints: 50, ...options });
  const batches = createFakeBatches(vectorOf, () => on.clock.now().getTime());
  const witness = witnessTexts.map((text) => vectorToBase64(Float32Array.from(fakeVector(text))));
  const expected = { model: 'fake/4', dimensions: 4, vectors: witness, maxInputTokens: null };
  const batched = { batches, budget, expected, counted: { lengths: false, limit: false } };
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
    for (const what of ['tokens', 'batchTokens'] as const)
      expect(on.checkpoints.reduce((sum, { delta }) => sum + (delta[what] ?? 0), 0)).toBe(120 + witnessTexts.length);
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

describe('what batches may cost', () => {
  /** A token costs a dollar by request, half a dollar by batch; a word is a token. `costs`: what this fleet has counted. */
  function budgetOf(limit: { mostUsd: number | null }, costs: Costs, spent = { requests: 0, batches: 0 }) {
    const { spec } = buildMigration();
    const now = () => ({ id: 'm1', spec: { ...spec, throttle: { ...spec.throttle, maxCostUsd: limit.mostUsd } } });
    const { rateBudget: budget } = createFakeState();
    return throttledBudget({ budget, costs, now, spent, pricesOf: () => ({ request: 1e6, batch: 5e5 }) });
  }
  const half = (from: number, to: number | null) => ({
    start: { kind: 'integer' as const, id: String(from) },
    end: to === null ? null : { kind: 'integer' as const, id: String(to) },
  });
  const some = Array.from({ length: 240 }, (_, n) => point(n + 1));

  /** Two ranges of 120 texts, two words each. */
  async function twoRanges(budget: BatchBudget) {
    const on = await batchFixture({ source: some, budget });
    const of = (bounds: object) => ({ ...on.context, record: { ...on.context.record, ...bounds } });
    const [first, second] = [of(half(1, 121)), of(half(121, null))];
    await expect(copyRange(first)).rejects.toMatchObject(underWay);
    const batchUsd = (on.batches.made[0]?.tokens ?? 0) / 2;
    expect(batchUsd).toBeGreaterThan(120);
    return { ...on, first, second, batchUsd };
  }

  it('stops before the batch that would pass it, which is not sent, and goes on from there with more', async () => {
    const limit: { mostUsd: number | null } = { mostUsd: null };
    const on = await twoRanges(budgetOf(limit, createFakeCosts()).batches('fake/4'));
    limit.mostUsd = on.batchUsd * 1.9;
    const over = {
      code: 'over-budget',
      message: expect.stringMatching(/^the next batch \(.*`reembed tune m1 --max-cost-usd .*`reembed resume m1`/),
    };
    await expect(copyRange(on.second)).rejects.toMatchObject(over);
    // One that is under way is paid: it is looked at, and read, whatever else may cost.
    await expect(copyRange(on.first)).rejects.toMatchObject(underWay);
    expect(on.batches.made).toHaveLength(1);
    limit.mostUsd = on.batchUsd * 2.1;
    await expect(copyRange(on.second)).rejects.toMatchObject(underWay);
    expect(on.batches.made).toHaveLength(2);
    expect(on.sent()).toEqual([]);
  });

  it('names an amount that is enough, also for a batch that alone costs more than the limit', async () => {
    const limit: { mostUsd: number | null } = { mostUsd: 1 };
    const on = await batchFixture({ budget: budgetOf(limit, createFakeCosts()).batches('fake/4') });
    const message = await copyRange(on.context).then(String, String);
    limit.mostUsd = Number(/--max-cost-usd ([\d.]+)`/.exec(message)?.[1]);
    await expect(copyRange(on.context)).rejects.toMatchObject(underWay);
  });

  it('counts what is under way also where Redis was lost, and requests beside it', async () => {
    const limit = { mostUsd: 1e9 };
    const costs = createFakeCosts();
    const on = await twoRanges(budgetOf(limit, costs).batches('fake/4'));
    limit.mostUsd = on.batchUsd * 1.9;
    const lost = createFakeCosts();
    const { batched } = on.context.recipes.embedding[''] ?? {};
    if (batched === undefined) throw new Error('it goes by batch');
    const after = budgetOf(limit, lost);
    const embedding = { '': { ...on.context.recipes.embedding[''], batched: { ...batched, budget: after.batches('fake/4') } } };
    const second = { ...on.second, recipes: { ...on.second.recipes, embedding } } as RangeContext;
    await expect(copyRange(second)).rejects.toMatchObject({ code: 'over-budget' });
    const pass = (tokens: number) => after.pass('fake/4', { inputs: 1, tokens }, new AbortController().signal);
    await expect(pass(Math.ceil(on.batchUsd))).rejects.toMatchObject({ code: 'over-budget' });
    await pass(Math.floor(on.batchUsd * 0.8));
  });

  it('is in the end what was billed, however often it is read', async () => {
    const limit: { mostUsd: number | null } = { mostUsd: null };
    const on = await twoRanges(budgetOf(limit, createFakeCosts()).batches('fake/4'));
    // A text is billed as one token.
    on.batches.finish();
    for (let times = 0; times < 2; times++) await copyRange(on.first);
    limit.mostUsd = (120 + witnessTexts.length) / 2 + on.batchUsd + 1;
    await expect(copyRange(on.second)).rejects.toMatchObject(underWay);
    expect(on.batches.made).toHaveLength(2);
  });
});
