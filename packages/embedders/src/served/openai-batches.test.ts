import type { Batches } from '@reembed/core';
import { startStubProvider, stubVector } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { createModelCatalogue } from '../model-catalogue.ts';

const model = 'openai/text-embedding-3-small';
const owner = { id: 'm1', since: Date.now() };
const { signal } = new AbortController();
const texts = new Map(['one', 'two', 'three', 'four'].map((text) => [`name of ${text}`, text]));
const order = { part: 'first', turn: '2', tokens: 5, texts, dimensions: 8 };

async function start(options: Parameters<typeof startStubProvider>[0] = {}) {
  const provider = await startStubProvider({ apiKey: 'sk-very-secret', ...options });
  const env = { OPENAI_BASE_URL: provider.openAiBaseUrl, OPENAI_API_KEY: 'sk-very-secret' };
  const config = { models: { [model]: { provider: 'openai' as const, apiKeyEnv: 'OPENAI_API_KEY', encodingFormat: 'base64' as const } } };
  const road = (): Batches => {
    const { batches } = createModelCatalogue({ config, env }).embedder(model);
    if (batches === undefined) throw new Error('the model has no batch road');
    return batches;
  };
  return { provider, road, batches: road(), [Symbol.asyncDispose]: () => provider[Symbol.asyncDispose]() };
}

describe('the batch road of OpenAI', () => {
  it('gives each text its own vector, in whatever order the answers come, and says what was billed', async () => {
    await using on = await start();
    const batch = await on.batches.send(owner, order, signal);
    expect(batch).toMatchObject({ part: 'first', turn: '2', state: 'under-way' });
    on.provider.batches.finish();
    const { vectors, tokens } = await on.batches.read(batch, 8, signal);
    const expected = [...texts].map(
      ([name, text]) => [name, Float32Array.from(stubVector('text-embedding-3-small', '', text, 8))] as const,
    );
    expect(vectors).toEqual(new Map(expected));
    expect(tokens).toBe(5);
    expect(await on.road().list(owner, signal)).toMatchObject([{ id: batch.id, state: 'ended', part: 'first', tokens: 5 }]);
  });

  it('is not paid twice where the answer to the request for a batch is lost, or another process has sent it', async () => {
    await using on = await start();
    on.provider.batches.loseReplies(1);
    await expect(on.batches.send(owner, order, signal)).rejects.toMatchObject({ code: 'provider-unreachable' });
    const again = await on.road().send(owner, order, signal);
    expect(again).toMatchObject({ part: 'first', state: 'under-way' });
    expect(on.provider.batches.list()).toHaveLength(1);
    expect(on.provider.batches.files()).toHaveLength(1);
  });

  it('tells the batches of a migration from those of others, over any number of pages', async () => {
    await using on = await start();
    await on.batches.send({ ...owner, id: 'm2' }, order, signal);
    for (let part = 0; part < 12; part++) await on.batches.send(owner, { ...order, part: `part ${part}` }, signal);
    expect((await on.road().list(owner, signal)).map(({ part }) => part)).toEqual(Array.from({ length: 12 }, (_, at) => `part ${at}`));
  });

  it('leaves out what the provider refused, did not reach, or answered wrongly', async () => {
    await using on = await start({ refusedText: 'three' });
    const batch = await on.batches.send(owner, order, signal);
    on.provider.batches.finish({ expired: 0.75 });
    expect([...(await on.batches.read(batch, 8, signal)).vectors.keys()].toSorted()).toEqual(['name of one', 'name of two']);
    const other = await on.batches.send(owner, { ...order, part: 'second' }, signal);
    on.provider.batches.finish({ spoil: (body) => ({ ...Object(body), data: [{ index: 0, embedding: [0, 0] }] }) });
    expect((await on.batches.read(other, 8, signal)).vectors.size).toBe(0);
  });

  it('tells a provider that has no room from one that refuses, in its words', async () => {
    await using on = await start();
    on.provider.batches.refuse('token_limit_exceeded', 'invalid_json_line');
    expect(await on.batches.send(owner, order, signal)).toMatchObject({ state: 'full' });
    expect(await on.batches.send(owner, order, signal)).toMatchObject({ state: 'refused', words: 'refused for invalid_json_line' });
    expect(await on.batches.send(owner, order, signal)).toMatchObject({ state: 'under-way' });
  });

  it('stops what is under way and deletes every file, whether its batch is known or not; others keep theirs', async () => {
    await using on = await start();
    await on.batches.send({ ...owner, id: 'm2' }, order, signal);
    const done = await on.batches.send(owner, order, signal);
    on.provider.batches.finish();
    await on.batches.end(done, signal);
    await on.batches.send(owner, { ...order, part: 'second' }, signal);
    expect(await on.batches.read(done, 8, signal)).toEqual({ vectors: new Map(), tokens: 0 });
    expect(await on.batches.endAll(owner, signal)).toBe(1);
    expect(await on.batches.endAll(owner, signal)).toBe(0);
    expect(on.provider.batches.list().map(({ status }) => status)).toEqual(['completed', 'completed', 'cancelled']);
    const left = on.provider.batches.files();
    expect(left.filter((name) => name.startsWith('reembed-'))).toEqual(['reembed-m2-first.jsonl']);
    expect(left).toHaveLength(2);
  });

  it('has no key in its files, and the words of the documentation in each line', async () => {
    await using on = await start();
    await on.batches.send(owner, order, signal);
    const [content = ''] = on.provider.batches.sent;
    expect(content).not.toContain('sk-');
    expect(JSON.parse(content.split('\n')[0] ?? '')).toEqual({
      ...{ custom_id: 'name of one', method: 'POST', url: '/v1/embeddings' },
      body: { model: 'text-embedding-3-small', input: ['one'], encoding_format: 'base64', dimensions: 8 },
    });
  });

  it('is had at its own address, and at another one only where its entry says a price by batch', () => {
    const facts = (name: string, entry?: object, env = {}) =>
      createModelCatalogue({ config: { models: entry === undefined ? {} : { [name]: { provider: 'openai', ...entry } } }, env }).facts(name)
        ?.batches;
    const voyage = { model: 'voyage-4', baseUrl: 'https://api.voyageai.com/v1', apiKeyEnv: 'VOYAGE_API_KEY' };
    expect(facts(model)).toBe(true);
    expect(facts('cohere/embed-v4.0')).toBe(false);
    expect(facts('voyage/voyage-4', voyage)).toBe(true);
    expect(facts('voyage/voyage-4', { ...voyage, baseUrl: 'http://127.0.0.1:1/v1' })).toBe(false);
    expect(facts(model, undefined, { OPENAI_BASE_URL: 'http://127.0.0.1:1/v1' })).toBe(false);
    expect(facts(model, { baseUrl: 'http://127.0.0.1:1/v1', batchPricePerMillionTokensUsd: 0.01 })).toBe(true);
  });
});
