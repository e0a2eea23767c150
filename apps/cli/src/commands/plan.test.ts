import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Plan, planSchema } from '@reembed/contracts';
import { createModelCatalogue } from '@reembed/embedders';
import { createQdrantCollections, createQdrantPoints, vectorToJson } from '@reembed/qdrant';
import { createQdrantLocal } from '@reembed/qdrant-local';
import { startStubProvider, startTestQdrant } from '@reembed/testkit';
import { expect, test } from 'vitest';
import { runInProcess } from '../start-cli.fixture.ts';

const texts = [
  'Reset a password from the login page.',
  'Invoices are sent on the first of a month.',
  'A river of ice is called a glacier.',
  'The train to the coast leaves at noon.',
  'Bread dough rests for an hour in the warm.',
  'Backups are kept for thirty days.',
];

/** A collection whose vectors `model` made of `{{body}}`, and a way to plan with any declaration of what made them. */
async function setScene(model: string, config: Record<string, object> = {}) {
  const qdrant = await startTestQdrant();
  const address = { url: qdrant.url, requestTimeoutMs: 30_000 };
  const [source, target] = ['old', 'new'].map(qdrant.collectionName) as [string, string];
  const catalogue = createModelCatalogue({ config: { models: config as never }, env: {} });
  const embedder = catalogue.embedder(model);
  const { vectors, dimensions } = await embedder.embed(texts, { kind: 'document' });
  await embedder.close();
  await createQdrantCollections(address).create(source, { vectors: { size: dimensions, distance: 'Cosine' } });
  const points = texts.map((body, at) => ({
    id: { kind: 'integer' as const, id: String(at + 1) },
    payload: JSON.stringify({ title: `Note ${at}`, body }),
    vectors: { '': vectorToJson(vectors.subarray(at * dimensions, (at + 1) * dimensions)) },
  }));
  await createQdrantPoints({ ...address, connections: 2 }).insertOnly(source, points);
  const folder = await mkdtemp(join(tmpdir(), 'reembed-plan-'));
  const configFile = join(folder, 'config.yaml');
  await writeFile(configFile, JSON.stringify({ models: config }));
  const specFile = join(folder, 'spec.json');
  const env = { QDRANT_URL: qdrant.url, REEMBED_CONFIG: configFile };
  const run = async (declared: { model: string; text: string }, ...args: string[]) => {
    const spec = { name: 'test', source: { collection: source, vectors: { '': declared } }, target: { collection: target } };
    await writeFile(
      specFile,
      JSON.stringify({ ...spec, vectors: { '': { embed: { model: 'openai/text-embedding-3-small', text: '{{body}}' } } } }),
    );
    return runInProcess(['plan', specFile, ...args], env);
  };
  return {
    run,
    plan: async (declared: { model: string; text: string }): Promise<Plan> =>
      planSchema.parse(JSON.parse((await run(declared, '--json')).out)),
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true });
      await qdrant[Symbol.asyncDispose]();
    },
  };
}

test('a plan tells whether the declared old model is the one that made the vectors', async () => {
  await using scene = await setScene('local/use-lite');
  const right = await scene.plan({ model: 'local/use-lite', text: '{{body}}' });
  expect(right.advice?.fingerprints).toMatchObject([{ verdict: 'confirmed', sampledTexts: 6, below: 0 }]);
  const sameSize = await scene.plan({ model: 'hash/512', text: '{{body}}' });
  expect(sameSize.advice?.fingerprints).toMatchObject([
    { verdict: 'refuted', says: expect.stringContaining('equal dimensions are not the same model') },
  ]);
  const otherText = await scene.plan({ model: 'local/use-lite', text: '{{title}}' });
  expect(otherText.advice?.fingerprints).toMatchObject([
    { verdict: 'refuted', says: expect.stringContaining('made of "{{body}}": the template differs') },
  ]);
  const otherSize = await scene.plan({ model: 'openai/text-embedding-ada-002', text: '{{body}}' });
  expect(otherSize.advice?.fingerprints).toMatchObject([{ verdict: 'refuted', says: expect.stringContaining('has 512 dimensions') }]);
});

test('a plan finds out that the prefix was another one', async () => {
  await using provider = await startStubProvider({ dimensions: 64 });
  const server = { provider: 'openai', model: 'mine', baseUrl: provider.openAiBaseUrl, dimensions: 64, queryPrefix: 'query: ' };
  const config = { 'mine/bare': server, 'mine/prefixed': { ...server, documentPrefix: 'passage: ' } };
  await using scene = await setScene('mine/bare', config);
  const { advice } = await scene.plan({ model: 'mine/prefixed', text: '{{body}}' });
  expect(advice?.fingerprints).toMatchObject([
    { verdict: 'refuted', says: expect.stringContaining('without the prefix that documents want') },
  ]);
});

test('a plan says its verdict first and the next command last; one that cannot check the old model is complete but for that, and every line but an address or a command fits a terminal', async () => {
  await using provider = await startStubProvider({ dimensions: 64 });
  const unlocked = { provider: 'openai', model: 'mine', dimensions: 512, apiKeyEnv: 'NOT_SET' };
  const wanted = { provider: 'openai', model: 'mine', baseUrl: provider.openAiBaseUrl, dimensions: 64, pricePerMillionTokensUsd: 0.02 };
  const models = { 'hash/512': { provider: 'hash', model: '512' }, 'mine/locked': unlocked, 'openai/text-embedding-3-small': wanted };
  await using scene = await setScene('hash/512', models);
  const { exit, out } = await scene.run({ model: 'mine/locked', text: '{{body}}' });
  expect(exit).toBe(0);
  expect(out).toMatch(/not fingerprinted: .*mine\/locked wants a key/s);
  expect(out).toMatch(/\* new-collection .*\$/);
  expect(out).toContain('client.query_points(');
  const advised = out.slice(0, out.indexOf('Python:')).split('\n');
  expect(advised.filter((line) => line.length > 80 && !/https:\/\/|`reembed /.test(line))).toEqual([]);
  expect(out).toMatch(/^Ready: nothing stands in the way of moving "[^"]+" to\s"[^"]+"\.\n/);
  expect(out.trimEnd().split('\n').at(-1)).toMatch(/^Next: `reembed run \/.*spec\.json`$/);
  // A text of the new model, and what tells how exact its server is.
  expect(provider.log.map(({ texts }) => texts.length)).toEqual([1, 3, 3, 1]);
});

test('a plan without the key of the new model ends as one that is blocked, in text and as a document', async () => {
  await using scene = await setScene('hash/512');
  const declared = { model: 'hash/512', text: '{{body}}' };
  const { exit, out, err } = await scene.run(declared);
  expect(exit).toBe(2);
  expect(out).toMatch(/^Not ready: 1 thing stands in the way/);
  expect(out.trimEnd().split('\n').at(-1)).toMatch(/^Next, once that is mended: `reembed plan \/.*spec\.json`$/);
  expect(err).toContain('[plan-blocked]');
  expect(await scene.plan(declared)).toMatchObject({
    verdict: { ready: false, says: expect.stringContaining('Not ready') },
    blockers: [{ field: 'vectors."".embed.model', message: expect.stringContaining('OPENAI_API_KEY is not set') }],
  });
});

test('a plan by a key that may only read is blocked, and the server has got nothing to write', async () => {
  const seen: string[] = [];
  const onRequest = ({ method, path }: { method: string; path: string }) => void seen.push(`${method} ${path}`);
  const server = createQdrantLocal({ apiKey: 'secret', readOnlyApiKey: 'reader', onRequest });
  await server.start();
  await createQdrantCollections({ url: server.url, apiKey: 'secret', requestTimeoutMs: 30_000 }).create('a', {
    vectors: { size: 2, distance: 'Dot' },
  });
  seen.length = 0;
  const folder = await mkdtemp(join(tmpdir(), 'reembed-plan-'));
  try {
    const specFile = join(folder, 'spec.json');
    await writeFile(
      specFile,
      JSON.stringify({ name: 'a', source: { collection: 'a' }, target: { collection: 'b' }, vectors: { '': { keep: '' } } }),
    );
    const { exit, out } = await runInProcess(['plan', specFile], { QDRANT_URL: server.url, QDRANT_API_KEY: 'reader' });
    expect(exit).toBe(2);
    expect(out).toMatch(/QDRANT_API_KEY \("the key in use"\): may not create collections/);
    const writes = seen.filter((request) => !/^(GET|POST \/collections\/a\/points\/(count|query|scroll))/.test(request));
    expect(writes).toEqual(['POST /collections/aliases']);
  } finally {
    await rm(folder, { recursive: true });
    await server.stop();
  }
});
