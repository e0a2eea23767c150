import type { ModelLimits } from '@reembed/contracts';
import type { TokenizerName } from './tokenizer.ts';
import type { OnnxSource } from './transformers/onnx-source.ts';

/** How a text is sent to one model and what the model gives back: a built-in entry, a name's defaults and reembed.config.yaml, laid over each other. */
export type ModelProfile = {
  /** The name specs use, such as `openai/text-embedding-3-small`. */
  readonly model: string;
  readonly provider: 'openai' | 'cohere' | 'local' | 'hash' | 'transformers';
  /** The name the provider knows it by. */
  readonly providerModel: string;
  /** Null: the vendor's own address. */
  readonly baseUrl: string | null;
  /** The environment variable that holds the key; null: the server wants none. */
  readonly apiKeyEnv: string | null;
  /** Whether a call without a key is pointless. A server behind a base URL may do without. */
  readonly keyRequired: boolean;
  /** Full size; null where only a call can tell. */
  readonly dimensions: number | null;
  readonly dimensionChoices: 'any' | readonly number[];
  readonly encodingFormat: 'float' | 'base64';
  readonly limits: ModelLimits;
  /** Where `onnx` has a tokenizer of its own, only what stands in until that is downloaded. */
  readonly tokenizer: TokenizerName;
  readonly documentPrefix: string;
  readonly queryPrefix: string;
  readonly documentBody: Readonly<Record<string, unknown>>;
  readonly queryBody: Readonly<Record<string, unknown>>;
  readonly pricePerMillionTokensUsd: number | null;
  /** How long one request may take, its body included, in ms. */
  readonly requestTimeoutMs: number;
  /** Of the provider transformers; null: every other. */
  readonly onnx: OnnxSource | null;
};
