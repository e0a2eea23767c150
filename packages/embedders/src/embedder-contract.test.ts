import { runEmbedderContract, startStubProvider } from '@reembed/testkit';
import { createModelCatalogue } from './model-catalogue.ts';

const refusedText = 'a text that the provider does not like';

runEmbedderContract('hash/256', async () => {
  const embedder = createModelCatalogue({ config: { models: {} }, env: {} }).embedder('hash/256');
  return { embedder, dimensions: 256, refusedText: ' ... ' };
});

runEmbedderContract('local/use-lite', async () => {
  const embedder = createModelCatalogue({ config: { models: {} }, env: {} }).embedder('local/use-lite');
  return { embedder, dimensions: 512, refusedText: '' };
});

runEmbedderContract('openai/text-embedding-3-small', async () => {
  const provider = await startStubProvider({ dimensions: 1536, refusedText });
  const env = { OPENAI_BASE_URL: provider.openAiBaseUrl };
  const embedder = createModelCatalogue({ config: { models: {} }, env }).embedder('openai/text-embedding-3-small');
  return { embedder, dimensions: 1536, smaller: 512, refusedText, close: provider.close };
});

runEmbedderContract('a server with the interface of OpenAI and a prefixed model', async () => {
  const provider = await startStubProvider({ dimensions: 768, refusedText, ignoreEncodingFormat: true });
  const models = { 'ollama/nomic-embed-text': { provider: 'openai' as const, baseUrl: provider.openAiBaseUrl } };
  const embedder = createModelCatalogue({ config: { models }, env: {} }).embedder('ollama/nomic-embed-text');
  return { embedder, dimensions: 768, smaller: 256, refusedText, close: provider.close };
});

runEmbedderContract('cohere/embed-v4.0', async () => {
  const provider = await startStubProvider({ dimensions: 1536, refusedText });
  const env = { COHERE_BASE_URL: provider.cohereBaseUrl };
  const embedder = createModelCatalogue({ config: { models: {} }, env }).embedder('cohere/embed-v4.0');
  return { embedder, dimensions: 1536, smaller: 256, refusedText, close: provider.close };
});
