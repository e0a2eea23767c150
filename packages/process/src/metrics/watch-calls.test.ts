import { ReembedError } from '@reembed/core';
import { createFakeBatches, createFakeCatalogue, createFakeClock, createFakeEmbedder, fakeVector } from '@reembed/testkit';
import { expect, it } from 'vitest';
import { createMetrics } from './create-metrics.ts';
import { watchModels, watchQdrant } from './watch-calls.ts';

function start() {
  const metrics = createMetrics('worker');
  const clock = createFakeClock();
  const lines = async (name: string) => (await metrics.read()).text.split('\n').filter((line) => line.startsWith(name));
  return { metrics, clock, lines };
}

it('requests to Qdrant are timed by what they ask and how they end, and their answers and errors stay as they are', async () => {
  const { metrics, clock, lines } = start();
  const watch = watchQdrant(metrics, clock);
  const call = { operation: 'POST /collections/{name}/points/scroll', transport: 'rest' } as const;
  const refusal = new ReembedError('qdrant-unreachable', 'away');
  const page = async () => {
    clock.advance(1_500);
    return 'page';
  };
  expect(await watch(call, page)).toBe('page');
  await expect(watch(call, () => Promise.reject(refusal))).rejects.toBe(refusal);
  await expect(watch(call, () => Promise.reject(new Error('stopped')))).rejects.toThrow('stopped');
  const labels = (outcome: string) => `operation="POST /collections/{name}/points/scroll",transport="rest",outcome="${outcome}"`;
  expect(await lines('reembed_qdrant_request_seconds_sum')).toEqual([
    `reembed_qdrant_request_seconds_sum{${labels('ok')}} 1.5`,
    `reembed_qdrant_request_seconds_sum{${labels('qdrant-unreachable')}} 0`,
    `reembed_qdrant_request_seconds_sum{${labels('other')}} 0`,
  ]);
});

it('models are counted by texts, tokens, price and refusals, also where a spec says more of them', async () => {
  const { metrics, clock, lines } = start();
  const refusal = new ReembedError('provider-rate-limited', 'too fast');
  const catalogue = createFakeCatalogue([createFakeEmbedder({ model: 'fake/4', failures: [null, refusal] })]);
  const priced = { ...catalogue, facts: () => ({ pricePerMillionTokensUsd: 2 }) as never };
  const watched = watchModels({ ...priced, saying: () => priced }, metrics, clock)
    .saying({})
    .embedder('fake/4');
  const { tokens } = await watched.embed(['one', 'two words'], { kind: 'document' });
  await expect(watched.embed(['three'], { kind: 'document' })).rejects.toBe(refusal);
  expect(await lines('reembed_texts_total')).toEqual(['reembed_texts_total{model="fake/4"} 2']);
  expect(await lines('reembed_tokens_total')).toEqual([`reembed_tokens_total{model="fake/4"} ${tokens}`]);
  expect(await lines('reembed_cost_usd_total')).toEqual([`reembed_cost_usd_total{model="fake/4"} ${(tokens / 1e6) * 2}`]);
  expect(await lines('reembed_provider_rate_limited_total')).toEqual(['reembed_provider_rate_limited_total{model="fake/4"} 1']);
  expect(await lines('reembed_provider_request_seconds_count')).toHaveLength(2);
});

it('what batches came to is counted at their own price, each once, however often it is read', async () => {
  const { metrics, clock, lines } = start();
  const batches = createFakeBatches(fakeVector, () => 0);
  const embedder = { ...createFakeEmbedder({ model: 'fake/4' }), batches };
  const record = { batchPricePerMillionTokensUsd: 1 } as never;
  const watched = watchModels(createFakeCatalogue([embedder], {}, { 'fake/4': record }), metrics, clock).embedder('fake/4');
  const { signal } = new AbortController();
  const owner = { id: 'm', since: 0 };
  const texts = new Map([
    ['one', 'one'],
    ['two', 'two words'],
  ]);
  const batch = await watched.batches?.send(owner, { part: 'p', turn: '1', tokens: 5, texts, dimensions: undefined }, signal);
  if (batch === undefined) throw new Error('there is no batch road');
  batches.finish();
  const first = await watched.batches?.read(batch, undefined, signal);
  await watched.batches?.read(batch, undefined, signal);
  expect(first).toMatchObject({ tokens: 2 });
  expect(await lines('reembed_texts_total')).toEqual(['reembed_texts_total{model="fake/4"} 2']);
  expect(await lines('reembed_tokens_total')).toEqual(['reembed_tokens_total{model="fake/4"} 2']);
  expect(await lines('reembed_cost_usd_total')).toEqual(['reembed_cost_usd_total{model="fake/4"} 0.000002']);
});

it('what a model comes to know of itself later is still told', () => {
  const { metrics, clock } = start();
  const embedder = createFakeEmbedder({ model: 'fake/4' });
  const watched = watchModels(createFakeCatalogue([embedder]), metrics, clock).embedder('fake/4');
  Object.defineProperty(embedder, 'limits', { value: { maxInputs: 7 } });
  expect(watched.limits.maxInputs).toBe(7);
});
