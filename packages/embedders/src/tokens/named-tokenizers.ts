import { createRequire } from 'node:module';
import type * as Cl100k from 'gpt-tokenizer/encoding/cl100k_base';
import type { TokenizerName } from '../records/model-fields.ts';
import { sliceAfter, sliceCharacters, splitsPair, type Tokenizer } from './tokenizer.ts';

/** A tokenizer by the name that models.yaml and reembed.config.yaml give it. */
export function createTokenizer(name: TokenizerName): Tokenizer {
  return name === 'estimate' ? estimate : createBytePairTokenizer(name);
}

type EncodingName = Exclude<TokenizerName, 'estimate'>;
type Encoding = Pick<typeof Cl100k, 'encode' | 'decode' | 'countTokens'>;
const loaded = new Map<string, Encoding>();

function encoding(name: EncodingName): Encoding {
  const known = loaded.get(name);
  if (known) return known;
  // countTokens is synchronous, so the lazy load has to be: require, not import().
  const read: Encoding = createRequire(import.meta.url)(`gpt-tokenizer/encoding/${name}`);
  loaded.set(name, read);
  return read;
}

/** Text such as `<|endoftext|>` in a document is text; by default the library throws at it. */
const asPlainText = { disallowedSpecial: new Set<string>() };

/** No token of cl100k_base or o200k_base is longer than this many characters. */
const longestToken = 128;

/** OpenAI's own tokenizers. A vocabulary (23 MB and 0.15 s for cl100k_base) is read at the first count, not before. */
function createBytePairTokenizer(name: EncodingName): Tokenizer {
  const countTokens = (text: string) => splitLongRuns(text).reduce((sum, part) => sum + encoding(name).countTokens(part, asPlainText), 0);
  const encode = (text: string) => splitLongRuns(text).flatMap((part) => encoding(name).encode(part, asPlainText));
  const cut = (text: string, tokens: readonly number[]) => text.slice(0, commonLength(text, encoding(name).decode(tokens)));
  return {
    exact: true,
    countTokens: (text) => countTokens(text),
    slices: (text) => sliceAfter(wordEnd, text),
    truncate(text, maxTokens) {
      const candidate = sliceCharacters(text, maxTokens * longestToken);
      const tokens = encode(candidate);
      if (tokens.length <= maxTokens) return candidate;
      // What is left may be tokenised otherwise at its new end (a run of spaces splits differently), so it is counted again.
      for (let keep = maxTokens; keep > 0; keep -= 1) {
        const shorter = cut(candidate, tokens.slice(0, keep));
        if (countTokens(shorter) <= maxTokens) return shorter;
      }
      return '';
    },
  };
}

/** Both encodings begin a word with the sign or space before it; an apostrophe may belong to the word that ends, and a mark to a letter. */
const wordEnd = /\p{L}(?=[^\r\n\p{L}\p{N}\p{M}'’]\p{L})/gu;

/**
 * gpt-tokenizer takes time quadratic in a run of one kind of character (100,000 Chinese characters without a stop: 53 s). A run is cut
 * every 256 characters; each cut adds a token at most, and ordinary text has none.
 */
const longRun = /\p{L}{256}(?=\p{L})|[^\s\p{L}\p{N}]{256}(?=[^\s\p{L}\p{N}])|\s{256}(?=\s)/gu;

function splitLongRuns(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (const match of text.matchAll(longRun)) {
    const end = match.index + match[0].length;
    parts.push(text.slice(start, end));
    start = end;
  }
  parts.push(text.slice(start));
  return parts;
}

/** How far two texts agree, in UTF-16 units, not ending inside a surrogate pair. A token may end within a character: the rest decodes to U+FFFD. */
function commonLength(text: string, decoded: string): number {
  const length = Math.min(text.length, decoded.length);
  let agree = 0;
  while (agree < length && text.charCodeAt(agree) === decoded.charCodeAt(agree)) agree += 1;
  return splitsPair(text, agree) ? agree - 1 : agree;
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
  slices: (text) => sliceAfter(wordEnd, text),
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
