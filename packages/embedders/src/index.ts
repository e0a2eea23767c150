export { createBm25 } from './bm25/create-bm25.ts';
export { createCohereEmbedder } from './cohere-embedder.ts';
export { createHashEmbedder } from './hash-embedder.ts';
export { loadReembedConfig } from './load-reembed-config.ts';
export { createLocalEmbedder } from './local-embedder.ts';
export { createModelCatalogue } from './model-catalogue.ts';
export type { ModelProfile } from './model-profile.ts';
export { createOpenAiEmbedder } from './openai-embedder.ts';
export { createTextSources } from './texts/create-text-sources.ts';
