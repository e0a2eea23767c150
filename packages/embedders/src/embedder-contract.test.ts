import { runEmbedderContract, startStubProvider } from '@reembed/testkit';
import { expect } from 'vitest';
import { createModelCatalogue, findModel } from './model-catalogue.ts';
import { providers } from './providers.ts';
import { startVendor } from './served/vendor.fixture.ts';

const refusedText = 'a text that the provider does not like';

runEmbedderContract('hash/256', async () => {
  const embedder = createModelCatalogue({ config: { models: {} }, env: {} }).embedder('hash/256');
  return { embedder, dimensions: 256, refusedText: ' ... ' };
});

runEmbedderContract('local/use-lite', async () => {
  const embedder = createModelCatalogue({ config: { models: {} }, env: {} }).embedder('local/use-lite');
  return { embedder, dimensions: 512, refusedText: '' };
});

runEmbedderContract('a server with the interface of OpenAI and a prefixed model', async () => {
  const provider = await startStubProvider({ dimensions: 768, refusedText, ignoreEncodingFormat: true });
  const models = { 'ollama/nomic-embed-text': { provider: 'openai' as const, baseUrl: provider.openAiBaseUrl } };
  const embedder = createModelCatalogue({ config: { models }, env: {} }).embedder('ollama/nomic-embed-text');
  return { embedder, dimensions: 768, smaller: 256, refusedText, close: provider.close };
});

/** The first callable model of every provider whose models a server runs. */
for (const { kind, baseUrlVariable } of providers) {
  if (baseUrlVariable === null) continue;
  const sources = { config: { models: {} }, env: {} };
  const named = createModelCatalogue(sources).known();
  const model = named.find((name) => name.startsWith(`${kind}/`)) ?? expect.fail(`${kind} has no model`);
  const { dimensions: size, dimensionChoices } = findModel(model, sources)?.profile ?? {};
  const dimensions = size ?? expect.fail(`${model} has no size`);
  const smaller = dimensionChoices === 'any' ? dimensions / 2 : dimensionChoices?.[0];
  runEmbedderContract(model, async () => {
    const { provider, env } = await startVendor(model, { dimensions, refusedText });
    const embedder = createModelCatalogue({ ...sources, env }).embedder(model);
    return { embedder, dimensions, ...(smaller === undefined ? {} : { smaller }), refusedText, close: provider.close };
  });
}
