import { readFileSync } from 'node:fs';
import { specSchema } from '@reembed/contracts';
import { runEmbedderContract, startStubProvider, vendorRules } from '@reembed/testkit';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { createModelCatalogue, findModel } from './model-catalogue.ts';
import { parseReembedConfig } from './reembed-config.ts';

const page = readFileSync(new URL('../../../docs/providers.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, yaml = '']) => yaml);
const ofSpecs = blocks.filter((yaml) => yaml.startsWith('# in the spec'));
const examples = blocks
  .filter((yaml) => !ofSpecs.includes(yaml))
  .flatMap((yaml) => Object.entries(parseReembedConfig(yaml, 'docs/providers.md').models));
const secret = 'a-secret-of-the-environment';

it.each(examples)('the example of %s embeds a document and a query, each with what it says', async (model, entry) => {
  await using stub = await startStubProvider({ dimensions: entry.dimensions ?? 0 });
  const variables = [entry.apiKeyEnv, ...Object.values(entry.headers ?? {})].flatMap((name) => name ?? []);
  const env = Object.fromEntries(variables.map((name) => [name, secret]));
  const models = { [model]: { ...entry, baseUrl: stub.openAiBaseUrl } };
  const embedder = createModelCatalogue({ config: { models }, env }).embedder(model);
  for (const kind of ['document', 'query'] as const) {
    expect((await embedder.embed(['a text'], { kind })).dimensions).toBe(entry.dimensions);
    const said = kind === 'document' ? entry.documentBody : entry.queryBody;
    const headers = Object.fromEntries(Object.keys(entry.headers ?? {}).map((name) => [name, secret]));
    expect(stub.log.at(-1)).toMatchObject({ body: said ?? {}, headers, query: entry.query ?? {} });
    if (entry.apiKeyEnv) expect(stub.log.at(-1)?.authorization).toBe(`Bearer ${secret}`);
  }
  await embedder.close();
});

/** Each provider of the page has a stub that wants and refuses what its vendor documents, under the contract of all embedders. */
for (const [model, entry] of examples) {
  const [vendor = ''] = model.split('/');
  const rules = vendorRules[vendor];
  const refusedText = 'a text that the provider does not like';
  runEmbedderContract(`the example of ${model}`, async () => {
    if (rules === undefined) throw new Error(`nobody says what the servers of ${vendor} want`);
    const dimensions = entry.dimensions ?? 0;
    const stub = await startStubProvider({ dimensions, refusedText, rules });
    const env = Object.fromEntries([entry.apiKeyEnv, ...Object.values(entry.headers ?? {})].map((name) => [name, secret]));
    const sources = { config: { models: { [model]: { ...entry, baseUrl: stub.openAiBaseUrl } } }, env };
    const { dimensionChoices = [], dimensionsField = '' } = findModel(model, sources)?.profile ?? {};
    const smaller = dimensionChoices === 'any' ? dimensions / 2 : dimensionChoices[0];
    const isCut = smaller !== undefined && !rules.refuses?.includes(dimensionsField);
    const embedder = createModelCatalogue(sources).embedder(model);
    return { embedder, dimensions, ...(isCut && { smaller }), refusedText, close: stub.close };
  });
}

it('has an example of each', () => {
  const shown = new Set(examples.map(([model]) => model.split('/')[0]));
  expect(Object.keys(vendorRules).filter((vendor) => !shown.has(vendor))).toEqual([]);
});

it.each(ofSpecs)('what a spec says of a model goes with each text: %s', async (yaml) => {
  const { models } = { models: specSchema.shape.models.parse(parse(yaml).models) };
  await using stub = await startStubProvider();
  for (const [model, { documentPrefix, queryPrefix }] of Object.entries(models)) {
    const entry = { provider: 'openai', baseUrl: stub.openAiBaseUrl };
    const embedder = createModelCatalogue({ config: { models: { [model]: entry } }, env: {} })
      .saying(models)
      .embedder(model);
    for (const kind of ['document', 'query'] as const) await embedder.embed(['a text'], { kind });
    expect(stub.log.map(({ texts }) => texts)).toEqual([[`${documentPrefix}a text`], [`${queryPrefix}a text`]]);
    await embedder.close();
  }
});

it('has examples', () => {
  expect(ofSpecs).toHaveLength(1);
  expect(examples.length).toBeGreaterThanOrEqual(6);
});
