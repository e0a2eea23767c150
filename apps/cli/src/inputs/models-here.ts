import { modelSettingsSchema } from '@reembed/contracts';
import { createOwnBudget, type Embedder, type EmbedSample, embedTexts, type ModelCatalogue } from '@reembed/core';
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

/** Whether a model's key is here. */
export function canCall(catalogue: ModelCatalogue, model: string): boolean {
  try {
    void catalogue.embedder(model).close();
    return true;
  } catch {
    return false;
  }
}

/** Embeds a plan's sample in this process, which therefore needs the provider's key. A model is loaded once, until it is disposed of. */
export function embedSampleHere(catalogue: ModelCatalogue, signal: AbortSignal): AsyncDisposable & { readonly embedSample: EmbedSample } {
  const embedders = new Map<string, Embedder>();
  const budget = createOwnBudget(systemClock);
  return {
    async embedSample({ model, said, dimensions, kind, texts }) {
      const key = JSON.stringify([model, said]);
      const embedder = embedders.get(key) ?? catalogue.saying({ [model]: said }).embedder(model);
      embedders.set(key, embedder);
      const context = { embedder, kind, dimensions: dimensions ?? undefined, budget, clock: systemClock, signal };
      const { embedded } = await embedTexts({ ...context, maxTries: 2 }, texts);
      return embedded.map((one) => ('refused' in one ? { refused: one.refused.message } : one));
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...embedders.values()].map((embedder) => embedder.close()));
    },
  };
}
