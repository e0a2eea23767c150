import type { BuiltInModel, ModelConfig, ReembedConfig } from '@reembed/contracts';
import { builtInModels, findByName, findOpenModel, hashDimensions, own } from './built-in-models.ts';
import type { ModelProfile } from './model-profile.ts';
import { findOnnxSource } from './transformers/onnx-source.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export type ModelSources = {
  readonly config: ReembedConfig;
  readonly env: Environment;
  /** REEMBED_MODELS; default: that of the setting. */
  readonly modelsDir?: string;
};

/**
 * The profile of a model's name, or null where no provider is known for it. The first that knows it wins:
 *
 * 1. an entry of reembed.config.yaml by its full name, laid over what is built in for the model it names;
 * 2. `hash/<dimensions>`, `local/<name>`, `cohere/<name>`, `openai/<name>` as built in;
 * 3. any other `openai/<name>` where OPENAI_BASE_URL says which server knows it;
 * 4. `transformers/<owner>/<name>` of the hub.
 */
export function resolveModel(model: string, sources: ModelSources): ModelProfile | null {
  const entry = own(sources.config.models, model);
  return entry ? resolveEntry(model, entry, sources) : resolveName(model, sources);
}

function resolveName(model: string, sources: ModelSources): ModelProfile | null {
  const { env } = sources;
  const [provider, name] = splitName(model);
  if (name === '') return null;
  if (provider === 'hash') return resolveHash(model, name);
  if (provider === 'local') return fromTable(model, 'local', name, env);
  if (provider === 'cohere') return fromTable(model, 'cohere', name, env);
  if (provider === 'transformers') return resolveOnnx(model, name, {}, sources);
  if (provider !== 'openai') return null;
  const ofOpenAi = fromTable(model, 'openai', name, env);
  if (ofOpenAi || !env.OPENAI_BASE_URL) return ofOpenAi;
  return applyBuiltIn(providerDefaults(model, 'openai', name, env), findOpenModel(name));
}

function resolveEntry(model: string, entry: ModelConfig, sources: ModelSources): ModelProfile | null {
  const { env } = sources;
  const name = entry.model ?? splitName(model)[1];
  if (entry.provider === 'hash') return resolveHash(model, name);
  if (entry.provider === 'transformers') return resolveOnnx(model, name, entry, sources);
  if (entry.provider === 'local' && !Object.hasOwn(builtInModels().local, name)) return null;
  const defaults = applyBuiltIn(providerDefaults(model, entry.provider, name, env, entry.baseUrl), findBuiltIn(entry.provider, name));
  return applyEntry(defaults, entry);
}

/** Of what is built in about the model only what its weights are counts: its price and body are those of a server. */
function resolveOnnx(model: string, name: string, entry: Partial<ModelConfig>, sources: ModelSources): ModelProfile | null {
  const { dimensions, dimensionChoices, documentPrefix, queryPrefix, pooling, limits } = findOpenModel(name) ?? {};
  const onnx = findOnnxSource(name, { ...withoutUndefined({ pooling }), ...withoutUndefined(entry) }, sources);
  if (onnx === null) return null;
  const defaults = providerDefaults(model, 'transformers', name, {});
  const known = withoutUndefined({ dimensions, dimensionChoices, documentPrefix, queryPrefix });
  const ofModel = { ...defaults.limits, maxInputs: 64, maxInputTokens: limits?.maxInputTokens ?? null };
  return applyEntry({ ...defaults, ...known, limits: ofModel, pricePerMillionTokensUsd: 0, onnx }, entry);
}

function findBuiltIn(provider: ModelConfig['provider'], name: string): BuiltInModel | undefined {
  const { openai, cohere, local } = builtInModels();
  if (provider === 'cohere') return own(cohere, name);
  if (provider === 'local') return own(local, name);
  return own(openai, name) ?? findOpenModel(name);
}

/** What is built in about a model by the name a spec gives it; undefined where nothing is. */
export function recordOf(model: string, { config }: ModelSources): BuiltInModel | undefined {
  const entry = own(config.models, model);
  return entry === undefined ? findByName(model) : findBuiltIn(entry.provider, entry.model ?? splitName(model)[1]);
}

function fromTable(model: string, provider: 'openai' | 'cohere' | 'local', name: string, env: Environment): ModelProfile | null {
  const found = own(builtInModels()[provider], name);
  return found ? applyBuiltIn(providerDefaults(model, provider, name, env), found) : null;
}

function resolveHash(model: string, name: string): ModelProfile | null {
  const dimensions = /^\d+$/.test(name) ? Number(name) : 0;
  if (dimensions < hashDimensions.least || dimensions > hashDimensions.most) return null;
  const defaults = providerDefaults(model, 'hash', name, {});
  return {
    ...defaults,
    dimensions,
    tokenizer: 'words',
    limits: { ...defaults.limits, maxInputs: 1024 },
    pricePerMillionTokensUsd: 0,
  };
}

const keyVariables = { openai: 'OPENAI_API_KEY', cohere: 'COHERE_API_KEY', local: null, hash: null, transformers: null } as const;

function providerDefaults(
  model: string,
  provider: ModelProfile['provider'],
  providerModel: string,
  env: Environment,
  entryBaseUrl?: string | undefined,
): ModelProfile {
  const envBaseUrl = provider === 'openai' ? env.OPENAI_BASE_URL : provider === 'cohere' ? env.COHERE_BASE_URL : undefined;
  const baseUrl = entryBaseUrl ?? (envBaseUrl || null);
  return {
    model,
    provider,
    providerModel,
    baseUrl,
    // A key goes only where it was meant to go: an address of the config file gets one when its entry names the variable.
    apiKeyEnv: entryBaseUrl === undefined ? keyVariables[provider] : null,
    keyRequired: keyVariables[provider] !== null && baseUrl === null,
    dimensions: null,
    dimensionChoices: [],
    // Base64 is a quarter of the bytes, but only OpenAI itself is sure to know it.
    encodingFormat: provider === 'openai' && isOpenAi(baseUrl) ? 'base64' : 'float',
    limits: {
      maxInputs: provider === 'cohere' ? 96 : 32,
      maxInputTokens: null,
      maxRequestTokens: null,
      requestsPerMinute: null,
      tokensPerMinute: null,
      inputsPerMinute: null,
    },
    tokenizer: 'estimate',
    documentPrefix: '',
    queryPrefix: '',
    documentBody: {},
    queryBody: {},
    pricePerMillionTokensUsd: null,
    requestTimeoutMs: 60_000,
    onnx: null,
  };
}

function isOpenAi(baseUrl: string | null): boolean {
  return baseUrl === null || (URL.canParse(baseUrl) && new URL(baseUrl).hostname === 'api.openai.com');
}

/** Only what a call needs; the rest is for advice (recordOf). */
function applyBuiltIn(defaults: ModelProfile, builtIn: BuiltInModel | undefined): ModelProfile {
  if (!builtIn) return defaults;
  const { limits, aliases: _aliases, ...rest } = builtIn;
  const { space: _space, retired: _retired, accountLimits: _accountLimits, asOf: _asOf, source: _source, ...figures } = rest;
  const { batchPricePerMillionTokensUsd: _batch, tokensPerSecondPerWorker: _rate, pooling: _pooling, ...profile } = figures;
  return { ...defaults, ...withoutUndefined(profile), limits: { ...defaults.limits, ...withoutUndefined(limits ?? {}) } };
}

function applyEntry(profile: ModelProfile, entry: Partial<ModelConfig>): ModelProfile {
  const { provider: _provider, model: _model, baseUrl: _baseUrl, apiKeyEnv, limits, ...others } = entry;
  const {
    folder: _folder,
    revision: _revision,
    dtype: _dtype,
    pooling: _pooling,
    normalise: _normalise,
    threads: _threads,
    ...rest
  } = others;
  const named = apiKeyEnv === undefined ? {} : { apiKeyEnv, keyRequired: apiKeyEnv !== null };
  return { ...profile, ...withoutUndefined(rest), ...named, limits: { ...profile.limits, ...withoutUndefined(limits ?? {}) } };
}

/** Optional fields of zod may be there and undefined, and would hide a default. */
export function withoutUndefined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as never;
}

function splitName(model: string): [provider: string, name: string] {
  const slash = model.indexOf('/');
  return slash === -1 ? ['', ''] : [model.slice(0, slash), model.slice(slash + 1)];
}
