import type { Embedder } from '@reembed/core';
import type { ModelProfile } from './model-profile.ts';
import { createTokenizer } from './tokenizer.ts';
import { createFolderTokenizer } from './transformers/folder-tokenizer.ts';

/** Counting and cutting as the port wants them: with the prefix that a document gets. */
export function createPrefixedTokenizer({
  tokenizer: name,
  documentPrefix,
  onnx,
}: ModelProfile): Pick<Embedder, 'countTokens' | 'truncate' | 'exactTokens'> {
  const named = createTokenizer(name);
  const tokenizer = onnx === null ? named : createFolderTokenizer(onnx.folder, named);
  const { countTokens, truncate } = tokenizer;
  return {
    get exactTokens() {
      return tokenizer.exact;
    },
    countTokens: (text) => countTokens(documentPrefix + text),
    truncate: (text, maxTokens) => truncate(documentPrefix + text, maxTokens).slice(documentPrefix.length),
  };
}
