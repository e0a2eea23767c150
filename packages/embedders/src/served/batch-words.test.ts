import { startStubProvider, stubVector } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { findModel } from '../model-catalogue.ts';
import { createAccess } from './access.ts';
import { voyageWords } from './batch-words.ts';
import { batchesIn, openAiInterface } from './openai-interface.ts';
import { createServedEmbedder } from './served-embedder.ts';

const owner = { id: 'm1', since: Date.now() };
const { signal } = new AbortController();
const texts = new Map(['one', 'two', 'three'].map((text) => [`name of ${text}`, text]));
const order = { part: 'first', turn: '2', tokens: 5, texts, dimensions: 8 };

/** Voyage's road before a stub in Voyage's place. */
async function start(mostAtOnce = 100) {
  const provider = await startStubProvider({ apiKey: 'pa-very-secret', voyage: { mostAtOnce } });
  const entry = { provider: 'openai', model: 'voyage-4', baseUrl: provider.openAiBaseUrl, apiKeyEnv: 'KEY' } as const;
  const found = findModel('voyage/voyage-4', { config: { models: { 'voyage/voyage-4': entry } }, env: { KEY: 'pa-very-secret' } });
  if (found === null || found.profile.vendorUrl === null) throw new Error('the catalogue has no voyage-4');
  const profile = { ...found.profile, vendorUrl: found.profile.vendorUrl };
  const { batches } = createServedEmbedder({
    ...{ profile, tokenizer: found.tokenizer, apiKey: 'pa-very-secret' },
    spoken: { ...openAiInterface, batches: batchesIn(voyageWords) },
    access: createAccess(profile, 'pa-very-secret', {}),
  });
  if (batches === undefined) throw new Error('the model has no batch road');
  return { provider, batches, [Symbol.asyncDispose]: () => provider[Symbol.asyncDispose]() };
}

describe('the batch road of Voyage', () => {
  it('is asked as it is documented: texts in the file, and once what is said of all of them', async () => {
    await using on = await start();
    await on.batches.send(owner, order, signal);
    const [content = ''] = on.provider.batches.sent;
    expect(JSON.parse(content.split('\n')[0] ?? '')).toEqual({ custom_id: 'name of one', body: { input: ['one'] } });
    expect(on.provider.batches.asked()).toMatchObject([
      {
        completion_window: '12h',
        request_params: { model: 'voyage-4', input_type: 'document', output_dimension: 8, truncation: false },
      },
    ]);
  });

  it('gives each text its own vector, says what was billed, and is found again by its dates in words', async () => {
    await using on = await start();
    const batch = await on.batches.send(owner, order, signal);
    expect(batch).toMatchObject({ part: 'first', turn: '2', tokens: 5, state: 'under-way' });
    expect(Math.abs(batch.createdAt - Date.now())).toBeLessThan(60_000);
    expect(await on.batches.send(owner, order, signal)).toMatchObject({ id: batch.id });
    on.provider.batches.finish();
    const { vectors, tokens } = await on.batches.read(batch, 8, signal);
    expect(vectors).toEqual(new Map([...texts].map(([name, text]) => [name, Float32Array.from(stubVector('voyage-4', '', text, 8))])));
    expect(tokens).toBe(4);
  });

  it('has no room for more batches than may be under way, and keeps no file of what it did not take', async () => {
    await using on = await start(2);
    await on.batches.send(owner, order, signal);
    await on.batches.send({ ...owner, id: 'm2' }, order, signal);
    expect(await on.batches.send(owner, { ...order, part: 'second' }, signal)).toMatchObject({ part: 'second', state: 'full' });
    expect(on.provider.batches.files()).toHaveLength(2);
    on.provider.batches.finish();
    expect(await on.batches.send(owner, { ...order, part: 'second' }, signal)).toMatchObject({ state: 'under-way' });
  });

  it('stops what is under way and deletes every file of its own', async () => {
    await using on = await start();
    await on.batches.send({ ...owner, id: 'm2' }, order, signal);
    await on.batches.send(owner, order, signal);
    expect(await on.batches.endAll(owner, signal)).toBe(1);
    expect(on.provider.batches.list().map(({ status }) => status)).toEqual(['in_progress', 'cancelled']);
    expect(on.provider.batches.files()).toEqual(['reembed-m2-first.jsonl']);
  });
});
