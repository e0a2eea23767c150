import type { Bm25 } from '@reembed/core';
import { createBm25Encoder } from './bm25-encoder.ts';
import { createLanguageGuesser } from './guess-language.ts';
import { describeLanguage, languageNames } from './languages.ts';

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
