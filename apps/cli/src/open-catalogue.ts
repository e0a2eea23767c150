import { modelSettingsSchema } from '@reembed/contracts';
import type { ModelCatalogue } from '@reembed/core';
import { createModelCatalogue, loadReembedConfig, type ReembedConfig } from '@reembed/embedders';
import { loadSettings } from '@reembed/process';
import type { Cli } from './host.ts';

export type ModelSources = { readonly config: ReembedConfig; readonly env: Cli['env']; readonly modelsDir: string };

/** Where a command itself finds models and services: the worker's settings for them, read from the command's environment. */
export async function readModelSources(env: Cli['env']): Promise<ModelSources> {
  const { configFile, modelsDir } = loadSettings(modelSettingsSchema, env);
  return { config: await loadReembedConfig(configFile), env, modelsDir };
}

/** The models that a command itself knows and may call. */
export async function openCatalogue(env: Cli['env']): Promise<ModelCatalogue> {
  return createModelCatalogue(await readModelSources(env));
}
