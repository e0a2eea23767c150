import { holdsSecret, readSecret, type SaidOfModel, withoutSecrets } from '@reembed/contracts';
import { type ModelCatalogue, type ModelFacts, type ModelRecord, type RateLimits, ReembedError } from '@reembed/core';
import { createBm25 } from './bm25/bm25.ts';
import { findProvider, providers } from './providers.ts';
import { allowsHubModel, reachSchema } from './reach/allowed-hosts.ts';
import { type BuiltInModel, builtInOf, findByName, own } from './records/built-in-models.ts';
import type { ModelEntry } from './records/model-fields.ts';
import { type ModelProfile, withoutUndefined } from './records/model-profile.ts';
import type { Environment, Model } from './records/provider.ts';
import type { ReembedConfig } from './reembed-config.ts';

export type ModelSources = {
  readonly config: Pick<ReembedConfig, 'models' | 'reach'>;
  readonly env: Environment;
  /** REEMBED_MODELS; default: that of the setting. */
  readonly modelsDir?: string;
  /** What a spec says of models, by name: before everything else. */
  readonly said?: Readonly<Record<string, SaidOfModel | undefined>>;
};

/** Every model this installation knows: the built-in ones, those of reembed.config.yaml, and what base URLs add. Reads no key before `embedder`. */
export function createModelCatalogue(sources: ModelSources): ModelCatalogue {
  return {
    saying: (models) => createModelCatalogue({ ...sources, said: { ...sources.said, ...models } }),
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
    record: (name) => describeModel(name, sources),
    known: () => knownModels(sources),
  };
}

/**
 * The model of a name, or null where no provider knows it. An entry of reembed.config.yaml by its full name comes first; else the name's
 * first part is the provider.
 */
export function findModel(model: string, { config, env, modelsDir, said = {} }: ModelSources): Model | null {
  const [first, rest] = splitName(model);
  const configured = own(config.models, model) ?? null;
  const entry = withSaid(first, configured, own(said, model));
  const name = entry?.model ?? rest;
  if (entry === null && name === '') return null;
  // What a spec says of a model is no leave to download it.
  const isAllowed = configured !== null || allowsHubModel(name, config.reach ?? reachSchema.parse({}));
  return findProvider(entry?.provider ?? first)?.offer({ model, name, entry, env, modelsDir, isAllowed }) ?? null;
}

function withSaid(provider: string, entry: ModelEntry | null, said: SaidOfModel | undefined): ModelEntry | null {
  if (said === undefined) return entry;
  const limits = { ...entry?.limits, ...withoutUndefined(said.limits ?? {}) };
  return { provider, ...entry, ...withoutUndefined(said), limits };
}

/** What is built in about a model by the name a spec gives it, and over it what its entry says; null where nothing is known. */
function describeModel(model: string, { config }: ModelSources): ModelRecord | null {
  const entry = own(config.models, model);
  if (entry === undefined) return describe(findByName(model) ?? null, null);
  const name = entry.model ?? splitName(model)[1];
  return describe(findProvider(entry.provider)?.known({ model, name, entry })?.row ?? null, entry);
}

function splitName(model: string): [provider: string, name: string] {
  const slash = model.indexOf('/');
  return slash === -1 ? ['', ''] : [model.slice(0, slash), model.slice(slash + 1)];
}

function readKey({ model, apiKeyEnv, keyRequired, baseUrl }: ModelProfile, { env }: ModelSources): string | null {
  const { secret: key, fault } = apiKeyEnv === null ? { secret: null, fault: null } : readSecret(env, apiKeyEnv, baseUrl);
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

function factsOf({ profile, shape, tokenizer, batches, queryHint, queryCode }: Model): ModelFacts {
  const { model, dimensions, dimensionChoices, leastDimensions, limits, pricePerMillionTokensUsd } = profile;
  const { documentPrefix, queryPrefix, takenFor, unsaid } = profile;
  const { countNow: countTokens, countTokens: countInTurns, exactTokens } = tokenizer;
  return {
    ...{ model, shape, dimensions, dimensionChoices, leastDimensions, limits, pricePerMillionTokensUsd },
    ...{ documentPrefix, queryPrefix, takenFor, unsaid },
    ...{ countTokens, countInTurns, exactTokens, batches, queryHint, queryCode },
  };
}

type Figures = Pick<ModelEntry, 'dimensions' | 'dimensionChoices' | 'space' | 'accountLimits' | 'batchPricePerMillionTokensUsd'>;

function describe(row: BuiltInModel | null, entry: ModelEntry | null): ModelRecord | null {
  const said: Figures = { ...withoutUndefined<Figures>(row ?? {}), ...withoutUndefined<Figures>(entry ?? {}) };
  const { dimensions, space, accountLimits, batchPricePerMillionTokensUsd } = said;
  if (dimensions === undefined) return null;
  return {
    dimensions,
    dimensionChoices: said.dimensionChoices ?? [],
    space: space ?? null,
    retired: row?.retired ?? null,
    batchPricePerMillionTokensUsd: batchPricePerMillionTokensUsd ?? null,
    accountLimits: { least: limitsOf(accountLimits?.least), most: limitsOf(accountLimits?.most) },
    tokensPerSecondPerWorker: row?.tokensPerSecondPerWorker ?? null,
    asOf: row?.asOf ?? null,
    isOld: row !== null && isOld(row.asOf, new Date()),
    source: row?.source ?? null,
  };
}

type SaidLimits = NonNullable<ModelEntry['accountLimits']>['least'];

function limitsOf(said: SaidLimits | undefined): RateLimits | null {
  return said === undefined ? null : { requestsPerMinute: null, tokensPerMinute: null, inputsPerMinute: null, ...withoutUndefined(said) };
}

/** Whether figures of that month (YYYY-MM) are more than a year old. */
export function isOld(asOf: string, now: Date): boolean {
  const [year = 0, month = 0] = asOf.split('-').map(Number);
  return (now.getUTCFullYear() - year) * 12 + now.getUTCMonth() + 1 - month > 12;
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
