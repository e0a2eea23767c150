import type { ModelLimits } from '@reembed/contracts';
import { type EmbedKind, longestWaitMs } from '@reembed/core';
import type { ModelEntry, TokenizerName } from './model-fields.ts';

/** How a text is sent to one model and what the model gives back: a provider's defaults, a built-in row and reembed.config.yaml, laid over each other. */
export type ModelProfile = {
  /** The name specs use, such as `openai/text-embedding-3-small`. */
  readonly model: string;
  /** The name the provider knows it by. */
  readonly providerModel: string;
  /** The vendor's own address; null: the model runs here. */
  readonly vendorUrl: string | null;
  /** Another address than the vendor's; null: none. */
  readonly baseUrl: string | null;
  /** The environment variable that holds the key; null: the server wants none. */
  readonly apiKeyEnv: string | null;
  /** Where a key that expires is had from; null: nowhere. */
  readonly apiKeyFile: string | null;
  readonly apiKeyCommand: readonly string[] | null;
  /** Headers by name, each with the environment variable of its value. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parameters of the address. */
  readonly query: Readonly<Record<string, string>>;
  /** Whether a call without a key is pointless. A server behind a base URL may do without. */
  readonly keyRequired: boolean;
  /** Full size; null where only a call can tell. */
  readonly dimensions: number | null;
  readonly dimensionChoices: 'any' | readonly number[];
  readonly leastDimensions: number;
  readonly dimensionsField: string;
  /** The built-in model that its name was taken for, where that is another name; null: none. */
  readonly takenFor: string | null;
  /** Fields on which its vectors hang and which nobody has said. */
  readonly unsaid: readonly string[];
  readonly encodingFormat: 'float' | 'base64' | 'unsaid';
  readonly limits: ModelLimits;
  readonly tokenizer: TokenizerName;
  readonly documentPrefix: string;
  readonly queryPrefix: string;
  readonly documentBody: Readonly<Record<string, unknown>>;
  readonly queryBody: Readonly<Record<string, unknown>>;
  readonly pricePerMillionTokensUsd: number | null;
  /** How long one request may take, its body included, in ms. */
  readonly requestTimeoutMs: number;
  /** What is waited at most on the server's word, in ms. */
  readonly longestWaitMs: number;
};

/** Of a model that a server runs. */
export type ServedProfile = ModelProfile & { readonly vendorUrl: string };

/** A model of which nothing is known but its names. */
export function unknownProfile(model: string, providerModel: string): ModelProfile {
  return {
    model,
    providerModel,
    vendorUrl: null,
    baseUrl: null,
    apiKeyEnv: null,
    apiKeyFile: null,
    apiKeyCommand: null,
    headers: {},
    query: {},
    keyRequired: false,
    dimensions: null,
    dimensionChoices: [],
    leastDimensions: 1,
    dimensionsField: 'dimensions',
    takenFor: null,
    unsaid: [],
    encodingFormat: 'float',
    limits: {
      maxInputs: 32,
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
    longestWaitMs,
  };
}

/** What a name was taken for, and what nobody has said: of a model that is not built in, those of `said` that are undefined. */
export function standingOf(
  name: string,
  known: { readonly name: string } | undefined,
  said: Readonly<Record<string, unknown>>,
): Pick<ModelProfile, 'takenFor' | 'unsaid'> {
  if (known !== undefined) return { takenFor: known.name === name ? null : known.name, unsaid: [] };
  return { takenFor: null, unsaid: Object.entries(said).flatMap(([field, value]) => (value === undefined ? [field] : [])) };
}

/** What a row or an entry says, over what was known before. Of a row only what a call needs; the rest is for advice. */
export function layOver<Profile extends ModelProfile>(profile: Profile, said: Partial<ModelEntry>): Profile {
  const {
    dimensions,
    dimensionChoices,
    leastDimensions,
    dimensionsField,
    encodingFormat,
    limits,
    tokenizer,
    pricePerMillionTokensUsd,
    requestTimeoutMs,
  } = said;
  const { documentPrefix, queryPrefix, documentBody, queryBody, longestWaitMs: waitMs, headers, query } = said;
  const { apiKeyFile, apiKeyCommand } = said;
  const figures = {
    dimensions,
    dimensionChoices,
    leastDimensions,
    dimensionsField,
    encodingFormat,
    tokenizer,
    pricePerMillionTokensUsd,
    requestTimeoutMs,
  };
  return {
    ...profile,
    ...withoutUndefined({ ...figures, documentPrefix, queryPrefix, documentBody, queryBody, longestWaitMs: waitMs }),
    ...withoutUndefined({ headers, query, apiKeyFile, apiKeyCommand }),
    limits: { ...profile.limits, ...withoutUndefined(limits ?? {}) },
  };
}

/** Optional fields of zod may be there and undefined, and would hide a default. */
export function withoutUndefined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as never;
}

/** What the model wants before a text. */
export function prefixOf({ documentPrefix, queryPrefix }: ModelProfile, kind: EmbedKind): string {
  return { document: documentPrefix, query: queryPrefix, plain: '' }[kind];
}

/** What a request says besides its texts; `plain` goes as documents do. */
export function bodyOf({ documentBody, queryBody }: ModelProfile, kind: EmbedKind): ModelProfile['documentBody'] {
  return kind === 'query' ? queryBody : documentBody;
}

/** For the hint how queries are embedded. */
export function describeQueryPrefix({ queryPrefix }: ModelProfile): string {
  return queryPrefix === '' ? 'no prefix' : `each query begins with ${JSON.stringify(queryPrefix)}`;
}
