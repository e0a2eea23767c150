import { modelSettingsSchema } from '@reembed/contracts';
import { createOwnBudget, type EmbedSample, embedTexts, type ModelCatalogue } from '@reembed/core';
import { createModelCatalogue, loadReembedConfig, providerVariables, type ReembedConfig } from '@reembed/embedders';
import { loadSettings, systemClock } from '@reembed/process';
import type { Cli } from '../terminal/host.ts';

export type ModelSources = { readonly config: ReembedConfig; readonly env: Cli['env']; readonly modelsDir: string };

/** Where a command itself finds models and services: the worker's settings for them, read from the command's environment. */
export async function readModelSources(env: Cli['env']): Promise<ModelSources> {
  const { configFile, modelsDir } = loadSettings(modelSettingsSchema, env);
  return { config: await loadReembedConfig(configFile), env, modelsDir };
}

/** An environment without addresses and keys of servers: for what brings everything itself. */
export function withoutServers(env: Cli['env']): Cli['env'] {
  const ofProviders = [...providerVariables.keys, ...providerVariables.addresses];
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(REEMBED_|REDIS_|QDRANT_)/.test(name) && !ofProviders.includes(name)),
  );
}

/** The models that a command itself knows and may call. */
export async function openCatalogue(env: Cli['env']): Promise<ModelCatalogue> {
  return createModelCatalogue(await readModelSources(env));
}

/** Embeds a plan's sample in this process, which therefore needs the provider's key. */
export function embedSampleHere(catalogue: ModelCatalogue, signal: AbortSignal): EmbedSample {
  return async ({ model, said, dimensions, kind, texts }) => {
    const embedder = catalogue.saying({ [model]: said }).embedder(model);
    try {
      const context = {
        embedder,
        kind,
        dimensions: dimensions ?? undefined,
        budget: createOwnBudget(systemClock),
        clock: systemClock,
        signal,
      };
      const { embedded } = await embedTexts({ ...context, maxTries: 2 }, texts);
      return embedded.map((one) => ('refused' in one ? { refused: one.refused.message } : one));
    } finally {
      await embedder.close();
    }
  };
}
