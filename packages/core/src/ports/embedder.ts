import type { Bm25Options, ModelLimits, SaidOfModel } from '@reembed/contracts';
import type { Batches } from './batches.ts';

/** `plain`: a document without the words that the model wants before one, to find out whether stored vectors were made so. */
export type EmbedKind = 'document' | 'query' | 'plain';

export type EmbedRequest = {
  readonly kind: EmbedKind;
  /** Cut to this many dimensions by the provider; undefined: the model's own size. */
  readonly dimensions?: number | undefined;
  readonly signal?: AbortSignal | undefined;
};

/**
 * What the numbers of a text's vector are: one dense vector; words of a learned sparse one (index, weight, index, weight, …); or rows of late
 * interaction, one after another.
 */
export type VectorShape = 'dense' | 'words' | 'rows';

export type Embeddings = {
  /** n × dimensions, row-major, in the order of the texts. Checked: count, length, finite, no row all zeros. */
  readonly vectors: Float32Array;
  /** Of words 0, of rows that of each row. */
  readonly dimensions: number;
  /** Of words and rows, of which texts have different numbers: how many of `vectors` each text has. */
  readonly lengths?: readonly number[];
  /** As the provider billed them, where it says; else as counted. */
  readonly tokens: number;
};

/**
 * One embedding model. Makes exactly one request a call and never retries: whoever calls owns batching, retries and the rate budget.
 *
 * `embed` throws ReembedError: `provider-rate-limited` (with retryAfterMs where given), `provider-unreachable`, `provider-timeout`,
 * `provider-unauthorized`, `provider-refused`, `provider-refused-input`, `provider-bad-reply` (vectors that cannot be right), by what the server
 * says, which need not be so: whether a text, the request or the server is at fault `whose-fault.ts` finds out. Of models that run here
 * `model-missing`, `invalid-config`. An abort throws the signal's reason.
 */
export type Embedder = {
  /** The name specs use, such as `openai/text-embedding-3-small`. */
  readonly model: string;
  readonly limits: ModelLimits;
  /** Absent: dense. */
  readonly shape?: VectorShape;
  /** Tokens of a text with the prefix the model wants. However long it is, timers and sockets of the process have their turns meanwhile. */
  countTokens(text: string): Promise<number>;
  /**
   * Whether countTokens is the model's own tokenizer, so that a text over `maxInputTokens` may be judged before it is sent. It may become
   * true, and the limits known, by the first `embed`.
   */
  readonly exactTokens: boolean;
  /** The text cut to at most `maxTokens` tokens, at a character boundary; it takes turns likewise. */
  truncate(text: string, maxTokens: number): Promise<string>;
  /**
   * Whether a text of so many tokens has to stand alone in a request, because only then it shows whether the server reads it whole: one that
   * it cuts is refused then (`provider-refused-input`). Absent: it is known to refuse what it does not read.
   */
  goesAlone?(tokens: number): boolean;
  embed(texts: readonly string[], request: EmbedRequest): Promise<Embeddings>;
  /** Its road for texts that may wait; absent: there is none. */
  readonly batches?: Batches | undefined;
  close(): Promise<void>;
};

/** What is known of a model without calling it. */
export type ModelFacts = {
  readonly model: string;
  readonly shape: VectorShape;
  /** Full size; null where only a call can tell. */
  readonly dimensions: number | null;
  /** Which other sizes it can give: any below the full size, these, or none. */
  readonly dimensionChoices: 'any' | readonly number[];
  /** Of `any`: the smallest. */
  readonly leastDimensions: number;
  /** The built-in model that the name was taken for, where it is written otherwise; null: there is nothing to say. */
  readonly takenFor: string | null;
  /** Fields of its entry in reembed.config.yaml on which every vector hangs and which nobody has said: the model is not known. */
  readonly unsaid: readonly string[];
  readonly limits: ModelLimits;
  /** US dollars for a million tokens; null where not known. */
  readonly pricePerMillionTokensUsd: number | null;
  /** All in one go: of a long text it holds up whatever else the process does. */
  readonly countTokens: (text: string) => number;
  /** The same in slices. */
  readonly countInTurns: (text: string) => Promise<number>;
  readonly exactTokens: boolean;
  /** Whether it is asked over an interface that has a road for texts that may wait. */
  readonly batches?: boolean | undefined;
  readonly documentPrefix: string;
  readonly queryPrefix: string;
  /** How an application asks this model for a query embedding, in words. */
  readonly queryHint: string;
  /** Code that makes `vector` of `query` with this many dimensions (null: the model's own); null where no public client can. */
  readonly queryCode: (dimensions: number | null) => QueryCode | null;
};

export type QueryCode = { readonly python: string; readonly typescript: string };

export type RateLimits = Pick<ModelLimits, 'requestsPerMinute' | 'tokensPerMinute' | 'inputsPerMinute'>;

/** What the built-in data say of a model for advice, whether or not it can be called from here. */
export type ModelRecord = {
  readonly dimensions: number;
  readonly dimensionChoices: 'any' | readonly number[];
  /** Models of one space find each other's documents; null: its own alone. */
  readonly space: string | null;
  /** The day after which it answers no more, as YYYY-MM-DD. */
  readonly retired: string | null;
  readonly batchPricePerMillionTokensUsd: number | null;
  /** Limits that hang on the account: of the smallest and of the largest; null where not known. */
  readonly accountLimits: { readonly least: RateLimits | null; readonly most: RateLimits | null };
  /** Of a model that runs in the worker, as measured. */
  readonly tokensPerSecondPerWorker: number | null;
  /** When the figures were compared with `source`, as YYYY-MM; null, as `source` is: they are nobody's but of the configuration. */
  readonly asOf: string | null;
  /** Whether that is more than a year ago. */
  readonly isOld: boolean;
  readonly source: string | null;
};

/** Every model this installation knows: the built-in ones and those of reembed.config.yaml. */
export type ModelCatalogue = {
  /** Null where no provider is known for the name. */
  facts(model: string): ModelFacts | null;
  /** Null where nothing is built in about a model of that name. */
  record(model: string): ModelRecord | null;
  /** Throws `unknown-model`, `provider-unauthorized` where the key's environment variable is not set. */
  embedder(model: string): Embedder;
  /** The same where more is said of models, by name: that goes before everything else. */
  saying(models: Readonly<Record<string, SaidOfModel | undefined>>): ModelCatalogue;
  readonly bm25: Bm25;
  /** Names that exist, for messages. */
  known(): readonly string[];
};

/** `indices`: token ids, ascending, each once; `values`: as many. */
export type SparseVector = { readonly indices: readonly number[]; readonly values: Float32Array };

export type Bm25Encoder = {
  /** Tokens of a text that are kept: its length in the formula. */
  countTokens(text: string): number;
  document(text: string): SparseVector;
  /** Weight 1 for every different token; the server adds the rest. */
  query(text: string): SparseVector;
};

/** BM25 by rules, without a model: made in any process, for documents and for queries. */
export type Bm25 = {
  encoder(options: Bm25Options): Bm25Encoder;
  readonly languages: readonly string[];
  /** What there is for a language: a stemmer here, only on the server, or none. Null where its name is not known. */
  describe(language: string): { readonly stemmer: 'here' | 'server' | 'none'; readonly stopWords: boolean } | null;
  /** A light guess by stop words; null where none stands out. */
  guessLanguage(text: string): string | null;
};
