import type { Embedder } from '@reembed/core';

/** How one model counts a text. */
export type Tokenizer = {
  countTokens(text: string): number;
  /** The longest beginning of the text found with at most `maxTokens` tokens; never splits a surrogate pair. */
  truncate(text: string, maxTokens: number): string;
  /** Whether it is the model's own; it may become so once the model's files are there. */
  readonly exact: boolean;
};

/** Counting and cutting as the port Embedder has them: of documents, with the prefix that the model wants before one. */
export type DocumentTokenizer = Pick<Embedder, 'countTokens' | 'truncate' | 'exactTokens'>;

export function documentTokenizer(tokenizer: Tokenizer, prefix = ''): DocumentTokenizer {
  return {
    get exactTokens() {
      return tokenizer.exact;
    },
    countTokens: (text) => tokenizer.countTokens(prefix + text),
    truncate: (text, maxTokens) => tokenizer.truncate(prefix + text, maxTokens).slice(prefix.length),
  };
}

export function sumTokens({ countTokens }: Pick<Tokenizer, 'countTokens'>, texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + countTokens(text), 0);
}

/**
 * The longest beginning found with at most `maxTokens` tokens, for tokenizers of which nothing is known but how they count: the tokens of
 * a beginning need not be the first tokens of the whole, so each length tried is counted. Long texts are never counted whole.
 */
export function cutToTokens(text: string, maxTokens: number, count: (text: string) => number): string {
  const fitsIn = (length: number) => count(sliceCharacters(text, length)) <= maxTokens;
  let fits = 0;
  let tooLong = Math.max(maxTokens, 1);
  while (tooLong < text.length && fitsIn(tooLong)) {
    fits = tooLong;
    tooLong *= 2;
  }
  if (tooLong >= text.length) {
    if (count(text) <= maxTokens) return text;
    tooLong = text.length;
  }
  while (tooLong - fits > 1) {
    const middle = (fits + tooLong) >> 1;
    if (fitsIn(middle)) fits = middle;
    else tooLong = middle;
  }
  return sliceCharacters(text, fits);
}

/** The first `length` UTF-16 units, or one less where that would split a surrogate pair. */
export function sliceCharacters(text: string, length: number): string {
  return text.slice(0, splitsPair(text, length) ? length - 1 : length);
}

export function splitsPair(text: string, at: number): boolean {
  const before = text.charCodeAt(at - 1);
  const after = text.charCodeAt(at);
  return before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff;
}
