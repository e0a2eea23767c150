import type { BuiltInModel } from '@reembed/contracts';
import { type Embedder, type ModelCatalogue, type ModelFacts, type ModelRecord, ReembedError } from '@reembed/core';
import { createBm25 } from './bm25/create-bm25.ts';
import { builtInModels, hashDimensions } from './built-in-models.ts';
import { createCohereEmbedder } from './cohere-embedder.ts';
import { createHashEmbedder } from './hash-embedder.ts';
import { createLocalEmbedder } from './local-embedder.ts';
import type { ModelProfile } from './model-profile.ts';
import { createOpenAiEmbedder } from './openai-embedder.ts';
import { createPrefixedTokenizer } from './prefixed-tokenizer.ts';
import { queryCode } from './query-code.ts';
import { describeQuery } from './query-hint.ts';
import { type ModelSources, recordOf, resolveModel, withoutUndefined } from './resolve-model.ts';
import { limitsOf } from './transformers/limits-of.ts';
import { createTransformersEmbedder } from './transformers/transformers-embedder.ts';

/** Every model this installation knows: the built-in ones, those of reembed.config.yaml, and what OPENAI_BASE_URL adds. Reads no key before `embedder`. */
export function createModelCatalogue(sources: ModelSources): ModelCatalogue {
  return {
    bm25: createBm25(),
    facts(model) {
      const profile = resolveModel(model, sources);
      return profile && factsOf(profile);
    },
    embedder(model) {
      const profile = resolveModel(model, sources);
      if (!profile) throw new ReembedError('unknown-model', unknownModel(model, sources));
      checkBaseUrl(profile);
      return createEmbedder(profile, readKey(profile, sources));
    },
    record(model) {
      const row = recordOf(model, sources);
      return row === undefined ? null : describeRecord(row);
    },
    known: () => knownModels(sources),
  };
}

function createEmbedder(profile: ModelProfile, apiKey: string | null): Embedder {
  const { provider, dimensions, onnx } = profile;
  if (provider === 'openai') return createOpenAiEmbedder(profile, { apiKey });
  if (provider === 'cohere') return createCohereEmbedder(profile, { apiKey });
  if (onnx !== null) return createTransformersEmbedder({ ...profile, onnx });
  if (dimensions === null) throw new ReembedError('invalid-config', `${profile.model}: a ${provider} model has a known size`);
  return provider === 'local' ? createLocalEmbedder({ ...profile, dimensions }) : createHashEmbedder({ ...profile, dimensions });
}

function readKey({ model, apiKeyEnv, keyRequired }: ModelProfile, { env }: ModelSources): string | null {
  // `export KEY=$(cat file)` with a stray line end would otherwise make a header that fetch refuses, quoting it.
  const key = (apiKeyEnv === null ? undefined : env[apiKeyEnv])?.trim() || null;
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
  if (url.username || url.password) {
    throw new ReembedError(
      'invalid-config',
      `${model}: the base URL at ${url.host} holds a user or a password; name a key by apiKeyEnv instead`,
    );
  }
}

function factsOf(profile: ModelProfile): ModelFacts {
  const { model, dimensions, dimensionChoices, pricePerMillionTokensUsd, documentPrefix, queryPrefix } = profile;
  const { countTokens, exactTokens } = createPrefixedTokenizer(profile);
  return {
    model,
    dimensions,
    dimensionChoices,
    limits: limitsOf(profile),
    pricePerMillionTokensUsd,
    countTokens,
    exactTokens,
    documentPrefix,
    queryPrefix,
    queryHint: describeQuery(profile),
    queryCode: (size) => queryCode(profile, size),
  };
}

function describeRecord(row: BuiltInModel): ModelRecord {
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
  const { openai, cohere, local } = builtInModels();
  const names = Object.entries({ openai, cohere, local }).flatMap(([provider, table]) =>
    Object.entries(table).flatMap(([name, { retired }]) => (retired === undefined ? [`${provider}/${name}`] : [])),
  );
  return [...new Set([...Object.keys(config.models), ...names, 'transformers/Xenova/all-MiniLM-L6-v2', 'hash/256'])];
}

function unknownModel(model: string, sources: ModelSources): string {
  const { least, most } = hashDimensions;
  const elsewhere = sources.env.OPENAI_BASE_URL
    ? ''
    : '; for a server with the interface of OpenAI set OPENAI_BASE_URL and write openai/<its name for the model>';
  return (
    `no provider is known for the model "${model}"; known are ${knownModels(sources).join(', ')} (hash takes ${least} to ${most} dimensions, transformers any ONNX model of the hub as <owner>/<name>)` +
    `${elsewhere}; or give it an entry under models: in reembed.config.yaml`
  );
}
