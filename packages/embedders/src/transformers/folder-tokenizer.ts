import { createRequire } from 'node:module';
import type * as Tokenizers from '@huggingface/tokenizers';
import { ReembedError } from '@reembed/core';
import type { Tokenizer } from '../tokens/tokenizer.ts';
import { hasTokenizer, readJson } from './model-folder.ts';
import { packageMissing } from './thread-failure.ts';

const loaded = new Map<string, Tokenizers.Tokenizer>();

/**
 * Token ids of a text by the tokenizer.json of a model's folder, with the special tokens the model wants around it. The file is read at the
 * first text and kept. Throws `model-missing` where it is not there.
 */
export function encodeWith(folder: string, text: string): number[] {
  const known = loaded.get(folder) ?? load(folder);
  loaded.set(folder, known);
  return known.encode(text).ids;
}

/** Counts by the folder's own tokenizer; `estimate` stands in until its files are downloaded. */
export function createFolderTokenizer(folder: string, estimate: Tokenizer): Tokenizer {
  const isExact = () => loaded.has(folder) || hasTokenizer(folder);
  const count = (text: string) => encodeWith(folder, text).length;
  return {
    get exact() {
      return isExact();
    },
    countTokens: (text) => (isExact() ? count(text) : estimate.countTokens(text)),
  };
}

function load(folder: string): Tokenizers.Tokenizer {
  const json = readJson(folder, 'tokenizer.json');
  const config = readJson(folder, 'tokenizer_config.json');
  if (json === null || config === null) {
    throw new ReembedError('model-missing', `${folder} has no tokenizer.json and tokenizer_config.json; put those of the model there`);
  }
  try {
    const { Tokenizer } = requireTokenizers();
    return new Tokenizer(json, config);
  } catch (cause) {
    if (cause instanceof ReembedError) throw cause;
    throw new ReembedError('model-missing', `${folder}/tokenizer.json describes no tokenizer that can be run here`, { cause });
  }
}

function requireTokenizers(): typeof Tokenizers {
  try {
    // countTokens is synchronous, so the lazy load has to be: require, not import().
    return createRequire(import.meta.url)('@huggingface/tokenizers');
  } catch (cause) {
    throw packageMissing('the tokenizer of an ONNX model', cause);
  }
}
