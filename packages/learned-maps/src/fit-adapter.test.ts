import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOwnBudget, type EmbedContext, renderText } from '@reembed/core';
import { createModelCatalogue } from '@reembed/embedders';
import { createFakeClock, createFakeStores } from '@reembed/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadAdapter } from './adapter-files.ts';
import { chooseSample, measureSample } from './choose-sample.ts';
import { type FitRequest, fitAdapter } from './fit-adapter.ts';

const dir = await mkdtemp(join(tmpdir(), 'reembed-fit-'));
afterAll(() => rm(dir, { recursive: true }));
const catalogue = createModelCatalogue({ config: { models: {} }, env: {} });
const stores = createFakeStores();
const words = ['amber', 'basalt', 'cedar', 'delta', 'ember', 'fjord', 'glade', 'heath', 'islet', 'jetty', 'knoll', 'lagoon'];
/** Five words, another row of them for each number below 1,728. */
function sentence(at: number): string {
  const [a, b, c] = [at % 12, Math.floor(at / 12) % 12, Math.floor(at / 144)];
  return [a, b, c, (a + b) % 12, (b + c) % 12].map((word) => words[word]).join(' ');
}

beforeAll(async () => {
  await stores.collections.create('docs', { vectors: { size: 32, distance: 'Cosine' } });
  const old = catalogue.embedder('hash/32');
  for (let at = 0; at < 300; at += 1) {
    const { vectors } = await old.embed([sentence(at)], { kind: 'document' });
    const payload = at % 10 === 9 ? '{}' : JSON.stringify({ body: sentence(at), doc: `d${at}` });
    stores.put('docs', [{ id: { kind: 'integer', id: String(at) }, payload, vectors: { '': `[${vectors.join(',')}]` } }]);
  }
});

function deps() {
  const progress: number[] = [];
  const embedding: EmbedContext = {
    embedder: catalogue.embedder('hash/48'),
    dimensions: undefined,
    budget: createOwnBudget(createFakeClock()),
    clock: createFakeClock(),
    signal: new AbortController().signal,
  };
  return { points: stores.points, embedding, onProgress: (done: number) => void progress.push(done), progress };
}

async function request(changes: Partial<FitRequest> = {}): Promise<FitRequest> {
  return {
    collection: 'docs',
    vector: '',
    from: { dimensions: 32, origin: { model: 'hash/32', dimensions: 32, text: '{{body}}' } },
    text: '{{body}}',
    sample: await chooseSample(stores.points, { collection: 'docs', size: 300, seed: 's', stratify: null }),
    seed: 's',
    stratify: null,
    judged: { queries: [], qrels: [], documentField: null },
    out: join(dir, 'a.json'),
    createdAt: '2026-11-22T12:00:00.000Z',
    ...changes,
  };
}

test('a sample is embedded, fitted and kept with its provenance; points without text have no part in it', async () => {
  const work = deps();
  const { header, skipped, tokens } = await fitAdapter(work, await request());
  expect(skipped).toBe(30);
  expect(tokens).toBe(270 * 5);
  expect(work.progress).toEqual([256, 300]);
  expect(header.fit).not.toHaveProperty('ofQuarter');
  expect(header).toMatchObject({
    from: { model: 'hash/32', dimensions: 32 },
    to: { model: 'hash/48', dimensions: 48, text: '{{body}}' },
    fit: { pairs: 210, heldOut: 60, seed: 's', trueNdcgAt10: null },
    normalise: true,
  });
  expect((await loadAdapter(join(dir, 'a.json'))).header).toEqual(header);
});

test('labelled queries are asked of the held-out documents', async () => {
  const queries = Array.from({ length: 300 }, (_, at) => ({ id: `q${at}`, text: sentence(at) }));
  const qrels = queries.map(({ id }, at) => ({ query: id, document: `d${at}`, relevance: 1 }));
  const { header } = await fitAdapter(deps(), await request({ judged: { queries, qrels, documentField: 'doc' } }));
  expect(header.fit.trueNdcgAt10).toBeGreaterThan(0.5);
  expect(header.fit.scores.ridge.ndcgAt10).not.toBeNull();
  expect(header.fit.scores.procrustes.ndcgAt10).not.toBeNull();
});

test('what a sample costs is counted before a text is sent', async () => {
  const asked = await request();
  const counted = await measureSample(stores.points, asked, async (text) => text.split(' ').length);
  expect(counted).toEqual({ texts: 270, tokens: 1350 });
});

test('a template that names nothing leaves too few pairs, and says what to change', async () => {
  const asked = await request({ text: '{{nothing}}' });
  expect(renderText(asked.text, '{"body":"x"}')).toBeNull();
  await expect(fitAdapter(deps(), asked)).rejects.toThrow(/0 of 300 sampled points .* larger --sample, or another --text/);
});

test('a sample too small to judge by is refused', async () => {
  const sample = await chooseSample(stores.points, { collection: 'docs', size: 60, seed: 's', stratify: null });
  await expect(fitAdapter(deps(), await request({ sample }))).rejects.toMatchObject({ code: 'invalid-request' });
});
