import type { Bm25Options } from '@reembed/contracts';
import type { Bm25, Bm25Encoder, SparseVector } from '@reembed/core';
import murmurhash from 'murmurhash';
import { createLanguageGuesser, describeLanguage, languageNames, stemmerOf, stopWordsOf } from './languages.ts';

/** BM25 in this process: the same token ids and weights as the server's own. */
export function createBm25(): Bm25 {
  let guess: ReturnType<typeof createLanguageGuesser> | undefined;
  return {
    encoder: createBm25Encoder,
    languages: languageNames,
    describe: describeLanguage,
    guessLanguage(text) {
      guess ??= createLanguageGuesser();
      return guess(text);
    },
  };
}

/** The server's `word` tokenizer: what Rust calls alphanumeric stands together, so `snake_case` is two tokens. */
const notAlphanumeric = /[^\p{Alphabetic}\p{N}]+/u;

/**
 * BM25 as Qdrant's own `qdrant/bm25` encodes it (1.15.3 and later, lib/bm25): a token's id is the absolute value of its MurmurHash3 (32 bits,
 * seed 0, UTF-8), its weight `f·(k+1) / (f + k·(1 − b + b·len/avgLen))` with `f` its occurrences and `len` the tokens kept, as f32. The
 * server adds the IDF where the vector has `modifier: idf`. FastEmbed differs in two ways, where this follows the server: it keeps `_`
 * within a token, and drops tokens of more than 40 characters.
 */
export function createBm25Encoder({ language, stemmer, stopWords, k, b, avgLen }: Bm25Options): Bm25Encoder {
  const leftOut = new Set((stopWords ?? stopWordsOf(language)).map((word) => word.toLowerCase()));
  const stem = stemmer ? stemmerOf(language) : undefined;
  const tokensOf = (text: string): string[] =>
    text.split(notAlphanumeric).flatMap((word) => {
      const folded = word.toLowerCase();
      if (folded === '' || leftOut.has(folded)) return [];
      return [stem === undefined ? folded : stem(folded)];
    });
  return {
    countTokens: (text) => tokensOf(text).length,
    document(text) {
      const tokens = tokensOf(text);
      const saturation = k * (1 - b + (b * tokens.length) / avgLen);
      return sparse(new Map([...occurrences(tokens)].map(([token, count]) => [tokenId(token), (count * (k + 1)) / (saturation + count)])));
    },
    query: (text) => sparse(new Map(tokensOf(text).map((token) => [tokenId(token), 1]))),
  };
}

function occurrences(tokens: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
  return counts;
}

function tokenId(token: string): number {
  return Math.abs(murmurhash.v3(token, 0) | 0);
}

/** In the order of the ids, as the server keeps it. */
function sparse(weights: ReadonlyMap<number, number>): SparseVector {
  const sorted = [...weights].sort(([a], [b]) => a - b);
  return { indices: sorted.map(([id]) => id), values: Float32Array.from(sorted, ([, weight]) => weight) };
}
