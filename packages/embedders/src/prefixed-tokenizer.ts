import type { Embedder } from '@reembed/core';
import type { ModelProfile } from './model-profile.ts';
import { createTokenizer } from './tokenizer.ts';

/** Counting and cutting as the port wants them: with the prefix that a document gets. */
export function createPrefixedTokenizer({
  tokenizer,
  documentPrefix,
}: ModelProfile): Pick<Embedder, 'countTokens' | 'truncate' | 'exactTokens'> {
  const { countTokens, truncate, exact } = createTokenizer(tokenizer);
  if (documentPrefix === '') return { countTokens, truncate, exactTokens: exact };
  return {
    exactTokens: exact,
    countTokens: (text) => countTokens(documentPrefix + text),
    truncate: (text, maxTokens) => truncate(documentPrefix + text, maxTokens).slice(documentPrefix.length),
  };
}
