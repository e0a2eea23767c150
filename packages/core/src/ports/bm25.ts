import type { Bm25Options } from '@reembed/contracts';

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
