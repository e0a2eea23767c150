export { createBm25 } from './bm25/bm25.ts';
export type { HookConfig } from './hook-config.ts';
export { inferenceHeaders } from './inference-headers.ts';
export { createModelCatalogue } from './model-catalogue.ts';
export { providers, providerVariables } from './providers.ts';
export { createReachOut, type ReachOut } from './reach/reach-out.ts';
export { type FreezeHookConfig, loadReembedConfig, parseReembedConfig, type ReembedConfig, reembedConfigSchema } from './reembed-config.ts';
export { createTextSources } from './texts/text-sources.ts';
