import { holdsSecret, keyFault, withoutSecrets } from '@reembed/contracts';
import { type ModelCatalogue, type ModelFacts, type ModelRecord, ReembedError } from '@reembed/core';
import { createBm25 } from './bm25/bm25.ts';
import { findProvider, providers } from './providers.ts';
import { type BuiltInModel, builtInOf, findByName, own } from './records/built-in-models.ts';
import { type ModelProfile, withoutUndefined } from './records/model-profile.ts';
import type { Environment, Model } from './records/provider.ts';
import type { ReembedConfig } from './reembed-config.ts';

export type ModelSources = {
  readonly config: Pick<ReembedConfig, 'models'>;
  readonly env: Environment;
  /** REEMBED_MODELS; default: that of the setting. */
  readonly modelsDir?: string;
};

/** Every model this installation knows: the built-in ones, those of reembed.config.yaml, and what base URLs add. Reads no key before `embedder`. */
export function createModelCatalogue(sources: ModelSources): ModelCatalogue {
  return {
    bm25: createBm25(),
    facts(name) {
      const model = findModel(name, sources);
      return model && factsOf(model);
    },
    embedder(name) {
      const model = findModel(name, sources);
      if (!model) throw new ReembedError('unknown-model', unknownModel(name, sources));
      checkBaseUrl(model.profile);
      return model.embedder(readKey(model.profile, sources));
    },
    record(name) {
      const row = findRow(name, sources);
      return row === undefined ? null : describeRow(row);
    },
    known: () => knownModels(sources),
  };
}

/**
 * The model of a name, or null where no provider knows it. An entry of reembed.config.yaml by its full name comes first; else the name's
 * first part is the provider.
 */
export function findModel(model: string, { config, env, modelsDir }: ModelSources): Model | null {
  const entry = own(config.models, model) ?? null;
  const [first, rest] = splitName(model);
  const name = entry?.model ?? rest;
  if (entry === null && name === '') return null;
  return findProvider(entry?.provider ?? first)?.offer({ model, name, entry, env, modelsDir }) ?? null;
}

/** What is built in about a model by the name a spec gives it; undefined where nothing is. */
function findRow(model: string, { config }: ModelSources): BuiltInModel | undefined {
  const entry = own(config.models, model);
  return entry === undefined ? findByName(model) : findProvider(entry.provider)?.row(entry.model ?? splitName(model)[1]);
}

function splitName(model: string): [provider: string, name: string] {
  const slash = model.indexOf('/');
  return slash === -1 ? ['', ''] : [model.slice(0, slash), model.slice(slash + 1)];
}

function readKey({ model, apiKeyEnv, keyRequired }: ModelProfile, { env }: ModelSources): string | null {
  // `export KEY=$(cat file)` with a stray line end would otherwise make a header that fetch refuses, quoting it.
  const key = (apiKeyEnv === null ? undefined : env[apiKeyEnv])?.trim() || null;
  const fault = key === null ? null : keyFault(key);
  if (fault !== null) throw new ReembedError('provider-unauthorized', `${apiKeyEnv}, the key of ${model}, ${fault}`);
  if (key !== null || !keyRequired) return key;
  throw new ReembedError(
    'provider-unauthorized',
    `${model} wants a key and ${apiKeyEnv} is not set; set it in the environment of the workers (or a base URL of a server that wants none)`,
  );
}

function checkBaseUrl({ model, baseUrl }: ModelProfile): void {
  if (baseUrl === null) return;
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : null;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new ReembedError('invalid-config', `${model}: the base URL is no http(s) address; it looks like https://host:port/v1`);
  }
  if (holdsSecret(baseUrl))
    throw new ReembedError(
      'invalid-config',
      `${model}: the base URL ${withoutSecrets(baseUrl)} holds a user, a password or a key; name a key by apiKeyEnv instead`,
    );
}

function factsOf({ profile, tokenizer, queryHint, queryCode }: Model): ModelFacts {
  const { model, dimensions, dimensionChoices, limits, pricePerMillionTokensUsd, documentPrefix, queryPrefix } = profile;
  const { countNow: countTokens, exactTokens } = tokenizer;
  return {
    ...{ model, dimensions, dimensionChoices, limits, pricePerMillionTokensUsd, documentPrefix, queryPrefix },
    ...{ countTokens, exactTokens, queryHint, queryCode },
  };
}

function describeRow(row: BuiltInModel): ModelRecord {
  const limits = { requestsPerMinute: null, tokensPerMinute: null, inputsPerMinute: null };
  const { least, most } = row.accountLimits ?? {};
  return {
    dimensions: row.dimensions,
    dimensionChoices: row.dimensionChoices ?? [],
    space: row.space ?? null,
    retired: row.retired ?? null,
    batchPricePerMillionTokensUsd: row.batchPricePerMillionTokensUsd ?? null,
    accountLimits: {
      least: least === undefined ? null : { ...limits, ...withoutUndefined(least) },
      most: most === undefined ? null : { ...limits, ...withoutUndefined(most) },
    },
    tokensPerSecondPerWorker: row.tokensPerSecondPerWorker ?? null,
    asOf: row.asOf,
    source: row.source,
  };
}

/** Those that can be called: what is retired answers no more. */
function knownModels({ config }: ModelSources): string[] {
  const named = providers.flatMap(({ kind }) =>
    Object.entries(builtInOf(kind)).flatMap(([name, { retired }]) => (retired === undefined ? [`${kind}/${name}`] : [])),
  );
  return [...new Set([...Object.keys(config.models), ...named, ...providers.flatMap(({ examples }) => examples)])];
}

function unknownModel(model: string, sources: ModelSources): string {
  const others = providers.flatMap(({ otherNames }) => otherNames(sources.env) ?? []);
  return [
    `no provider is known for the model "${model}"; known are ${knownModels(sources).join(', ')}`,
    ...others,
    'or give it an entry under models: in reembed.config.yaml',
  ].join('; ');
}
