import type { TokenizerName } from '../model-fields.ts';
import { createBytePairTokenizer } from './byte-pair-tokenizer.ts';
import type { Tokenizer } from './tokenizer.ts';

/** A tokenizer by the name that models.yaml and reembed.config.yaml give it. */
export function createTokenizer(name: TokenizerName): Tokenizer {
  return name === 'estimate' ? estimate : createBytePairTokenizer(name);
}

/**
 * For models whose tokenizer is not at hand: tokens by the kind of character. Set so that it stays a little above what the multilingual
 * SentencePiece tokenizer of e5 counts in English, German, Russian, Arabic, Greek, Chinese, Japanese and source text. For prices and
 * batch sizes only: a text may well have more.
 */
const estimate: Tokenizer = {
  exact: false,
  countTokens: (text) => Math.ceil(estimateUpTo(text, Number.POSITIVE_INFINITY).tokens),
  truncate: (text, maxTokens) => text.slice(0, estimateUpTo(text, maxTokens).length),
};

function estimateUpTo(text: string, maxTokens: number): { tokens: number; length: number } {
  let tokens = 0;
  let length = 0;
  for (const character of text) {
    const next = tokens + estimateCharacter(character.codePointAt(0) ?? 0);
    if (next > maxTokens) break;
    tokens = next;
    length += character.length;
  }
  return { tokens, length };
}

function estimateCharacter(codePoint: number): number {
  if (codePoint < 0x80) return isAsciiLetterOrSpace(codePoint) ? 0.28 : 0.75;
  if (codePoint < 0x2e80) return 0.5;
  return codePoint < 0x10000 ? 0.9 : 2;
}

function isAsciiLetterOrSpace(codePoint: number): boolean {
  return codePoint === 0x20 || (codePoint >= 0x41 && codePoint <= 0x5a) || (codePoint >= 0x61 && codePoint <= 0x7a);
}
