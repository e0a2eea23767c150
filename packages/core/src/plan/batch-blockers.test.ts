import { type SpecInput, specSchema } from '@reembed/contracts';
import { createFakeCatalogue, createFakeEmbedder } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import type { ModelFacts, ModelRecord } from '../ports/embedder.ts';
import { estimateEmbeds } from '../recipes/estimate-embeds.ts';
import { batchBlockers } from './batch-blockers.ts';

const record: ModelRecord = {
  ...{ dimensions: 4, dimensionChoices: [], space: null, retired: null, batchPricePerMillionTokensUsd: 1, tokensPerSecondPerWorker: null },
  ...{ accountLimits: { least: null, most: null }, asOf: '2026-11', isOld: false, source: null },
};

type Change = {
  readonly embed?: object;
  readonly spec?: Partial<SpecInput>;
  readonly facts?: Partial<ModelFacts>;
  readonly known?: Partial<ModelRecord>;
};

function scene({ embed = {}, spec = {}, facts = { batches: true }, known = {} }: Change = {}) {
  const parsed = specSchema.parse({
    name: 'docs',
    source: { collection: 'docs_v1' },
    target: { collection: 'docs_v2' },
    vectors: { new: { embed: { model: 'fake/4', text: '{{body}}', batch: true, ...embed } } },
    ...spec,
  });
  return { spec: parsed, catalogue: createFakeCatalogue([createFakeEmbedder()], facts, { 'fake/4': { ...record, ...known } }) };
}

describe('a plan of texts that go by batch', () => {
  it('has nothing against a model of OpenAI whose price by batch is known, and nothing to say of other specs', () => {
    expect(batchBlockers(scene())).toEqual([]);
    expect(batchBlockers(scene({ spec: { throttle: { maxCostUsd: 5 } } }))).toEqual([]);
    expect(batchBlockers(scene({ embed: { batch: false }, facts: {} }))).toEqual([]);
  });

  it.each<[string, Change, string, string]>([
    ['another provider', { facts: {} }, 'vectors."new".embed.batch', 'the batch roads of Cohere and Gemini are others'],
    [
      'an unknown price',
      { known: { batchPricePerMillionTokensUsd: null } },
      'vectors."new".embed.batch',
      'set batchPricePerMillionTokensUsd',
    ],
    ['what Qdrant embeds', { embed: { via: 'qdrant', dimensions: 4 } }, 'vectors."new".embed.batch', 'is for workers'],
    [
      'points that live',
      { spec: { target: { collection: 'docs_v1', inPlace: true } } },
      'vectors."new".embed.batch',
      'a copy into a new collection',
    ],
    ['ranges that are too large', { spec: { copy: { rangePoints: 20_000 } } }, 'copy.rangePoints', 'at most 10000'],
  ])('refuses %s by name', (_, change, field, message) => {
    expect(batchBlockers(scene(change))).toMatchObject([{ field, message: expect.stringContaining(message) }]);
  });

  it('has the price of the batch road', () => {
    const sample = [{ id: { kind: 'integer' as const, id: '1' }, payload: '{"body":"hello world"}', vectors: {} }];
    const priced = (change: Change) => estimateEmbeds({ ...scene(change), sample, points: 1_000_000, earlier: null })[0]?.priceUsd;
    expect(priced({})).toBe(2);
    expect(priced({ embed: { batch: false } })).toBe(4);
  });
});
