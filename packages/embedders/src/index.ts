export { createBm25 } from './bm25/bm25.ts';
export { createModelCatalogue } from './model-catalogue.ts';
export { providerVariables } from './providers.ts';
export { loadReembedConfig, type ReembedConfig } from './reembed-config.ts';
export { createTextSources } from './texts/text-sources.ts';
