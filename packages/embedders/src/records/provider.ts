import type { Embedder, QueryCode, VectorShape } from '@reembed/core';
import type { z } from 'zod';
import type { DocumentTokenizer } from '../tokens/tokenizer.ts';
import type { KnownModel } from './built-in-models.ts';
import type { ModelEntry } from './model-fields.ts';
import type { ModelProfile } from './model-profile.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A model by its names. */
export type NamedModel = {
  /** The name specs use, such as `tei/bge-m3`. */
  readonly model: string;
  /** The provider's own name for it. */
  readonly name: string;
  /** What reembed.config.yaml says of it; null: nothing. */
  readonly entry: ModelEntry | null;
};

/** A model as it is asked for. */
export type ModelRequest = NamedModel & {
  readonly env: Environment;
  /** REEMBED_MODELS; default: that of the setting. */
  readonly modelsDir?: string | undefined;
  /** Whether the configuration lets its files be downloaded, where they are not here. */
  readonly isAllowed: boolean;
};

/** A model as its provider offers it; nothing is loaded, asked or counted before it is used. */
export type Model = {
  readonly profile: ModelProfile;
  readonly shape: VectorShape;
  readonly tokenizer: DocumentTokenizer;
  /** Whether it is asked over an interface that has a road for texts that may wait. */
  readonly batches?: boolean;
  /** How an application embeds a query, in words. */
  readonly queryHint: string;
  /** Code that makes `vector` of `query` with this many dimensions (null: the model's own); null where no public client can. */
  queryCode(dimensions: number | null): QueryCode | null;
  embedder(apiKey: string | null): Embedder;
};

/**
 * One provider of models. All that is particular to it stands in its record, a file of providers/; whatever has to do with providers goes
 * through the records of providers.ts.
 */
export type Provider = {
  /** `provider:` of an entry, the first part of its models' names, and its table in models.yaml. */
  readonly kind: string;
  /** What an entry of reembed.config.yaml may say besides `provider`. */
  readonly entry: z.ZodObject;
  /** The environment variable that holds its key; null: it wants none. */
  readonly keyVariable: string | null;
  /** The environment variable that names another address than the vendor's; null: it has none. */
  readonly baseUrlVariable: string | null;
  /** Names that can be called and stand in no table, as examples. */
  readonly examples: readonly string[];
  /** Which other names there may be and how one comes by them, for the message about a name that nobody knows; null: none. */
  otherNames(env: Environment): string | null;
  /** The built-in model that it is; undefined: none. */
  known(model: NamedModel): KnownModel | undefined;
  /** Null where it does not know the model. */
  offer(request: ModelRequest): Model | null;
};

/** The hint for queries of a model that no other program has. */
export function runsHereAlone(model: string): string {
  return `"${model}" runs in reembed's own process only (the package @reembed/embedders); nothing leaves the machine`;
}
