import { z } from 'zod';
import { builtInOf, findIn, type KnownModel, own } from '../records/built-in-models.ts';
import { type ModelEntry, servedEntryFields } from '../records/model-fields.ts';
import { describeQueryPrefix, layOver, type ServedProfile, standingOf, unknownProfile } from '../records/model-profile.ts';
import type { Model, ModelRequest, NamedModel, Provider } from '../records/provider.ts';
import { createTokenizer } from '../tokens/named-tokenizers.ts';
import { documentTokenizer } from '../tokens/tokenizer.ts';
import { createAccess } from './access.ts';
import { createServedEmbedder } from './served-embedder.ts';
import type { ServerInterface } from './server-interface.ts';

/** What tells one provider whose models a server runs from another. */
export type ServedProviderOptions = {
  readonly kind: string;
  readonly vendorUrl: string;
  /** Null: it has none, and every model has an entry with its address. */
  readonly keyVariable: string | null;
  readonly baseUrlVariable: string | null;
  readonly interface: ServerInterface;
  /** What holds for its models where neither models.yaml nor an entry says otherwise. */
  readonly defaults?: Partial<ModelEntry>;
  /** The same, at the vendor's own address only. */
  readonly vendorDefaults?: Partial<ModelEntry>;
  /** Servers of other people with the same interface, in words: behind another address any name may be a model. Absent: there are none. */
  readonly elsewhere?: string;
};

/** The record of a provider whose models a server runs. */
export function servedProvider(options: ServedProviderOptions): Provider {
  const { kind, keyVariable, baseUrlVariable, interface: spoken, elsewhere } = options;
  return {
    kind,
    keyVariable,
    baseUrlVariable,
    entry: z.strictObject({ ...servedEntryFields, ...(baseUrlVariable === null ? addressed : {}), ...spoken.entryFields }),
    examples: [],
    otherNames: (env) =>
      elsewhere === undefined || baseUrlVariable === null || env[baseUrlVariable]
        ? null
        : `for ${elsewhere} set ${baseUrlVariable} and write ${kind}/<its name for the model>`,
    known: (request) => knownAs(options, request),
    offer(request) {
      const profile = profileOf(options, request);
      return profile && offerOf(profile, spoken, request);
    },
  };
}

/** Of a server that no vendor runs. */
const addressed = { baseUrl: servedEntryFields.baseUrl.unwrap().meta({ description: "The server's address." }) };

function offerOf(profile: ServedProfile, spoken: ServerInterface, { entry, env }: ModelRequest): Model {
  const tokenizer = documentTokenizer(createTokenizer(profile.tokenizer), profile.documentPrefix);
  const body = Object.keys(profile.queryBody).length === 0 ? '' : `, with ${JSON.stringify(profile.queryBody)} in the body`;
  return {
    profile,
    shape: spoken.shape,
    tokenizer,
    // Another vendor's road is another one, though its server speaks the same language else.
    batches:
      spoken.batches !== undefined &&
      (isVendors(profile) || spoken.hasBatches?.(profile) === true || entry?.batchPricePerMillionTokensUsd !== undefined),
    queryHint: `${spoken.queryCall(profile)}, ${describeQueryPrefix(profile)}${body}`,
    queryCode: (dimensions) => spoken.queryCode(profile, dimensions),
    embedder: (apiKey) => createServedEmbedder({ profile, tokenizer, apiKey, spoken, access: createAccess(profile, apiKey, env) }),
  };
}

/**
 * Its own models first; a server of somebody else may hold any. What an entry says goes before the server's name for the model, and that
 * before the name that specs use.
 */
function knownAs({ kind, elsewhere }: ServedProviderOptions, { model, name, entry }: NamedModel): KnownModel | undefined {
  const tables = elsewhere === undefined ? [kind] : [kind, 'open'];
  if (entry?.is !== undefined) return findIn(tables, entry.is);
  return findIn(tables, name) ?? findIn(tables, model);
}

/** By which every vector of a model would be another. */
function decisiveOf(entry: ModelEntry | null) {
  return {
    documentPrefix: entry?.documentPrefix,
    queryPrefix: entry?.queryPrefix,
    'limits.maxInputTokens': entry?.limits?.maxInputTokens,
  };
}

/** Null for a name that is not built in, unless an entry gives it or another address may hold it. */
function profileOf(options: ServedProviderOptions, request: ModelRequest): ServedProfile | null {
  const { name, entry } = request;
  const addressed = addressOf(options, request);
  const anyName = entry !== null || (options.elsewhere !== undefined && addressed.baseUrl !== null);
  // What a spec says of a model is no address: without one there is nobody to ask.
  if (options.baseUrlVariable === null && addressed.baseUrl === null) return null;

  if (!anyName && own(builtInOf(options.kind), name) === undefined) return null;
  const known = knownAs(options, request);
  const said = [options.defaults, isVendors(addressed) ? options.vendorDefaults : undefined, known?.row, entry];
  const profile = said.reduce<ServedProfile>((before, over) => layOver(before, over ?? {}), addressed);
  return { ...profile, ...standingOf(name, known, decisiveOf(entry)) };
}

/** Where the model is asked and with which key, and nothing else yet. */
function addressOf(options: ServedProviderOptions, { model, name, entry, env }: ModelRequest): ServedProfile {
  const baseUrl = entry?.baseUrl ?? ((options.baseUrlVariable && env[options.baseUrlVariable]) || null);
  const hasOwnKey = entry?.apiKeyFile !== undefined || entry?.apiKeyCommand !== undefined;
  const named = hasOwnKey ? null : entry?.apiKeyEnv;
  return {
    ...unknownProfile(model, name),
    vendorUrl: options.vendorUrl,
    baseUrl,
    // A key goes only where it was meant to go: an address of the config file gets one when its entry names the variable.
    apiKeyEnv: named === undefined ? (entry?.baseUrl === undefined ? options.keyVariable : null) : named,
    keyRequired: named === undefined ? baseUrl === null : named !== null,
  };
}

function isVendors({ baseUrl, vendorUrl }: ServedProfile): boolean {
  return baseUrl === null || (URL.canParse(baseUrl) && new URL(baseUrl).hostname === new URL(vendorUrl).hostname);
}
