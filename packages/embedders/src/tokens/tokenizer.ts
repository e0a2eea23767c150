import type { Embedder } from '@reembed/core';
import { takeTurn } from './take-turns.ts';

/** How one model counts a text. */
export type Tokenizer = {
  /** `goesOn`: it is a slice after the first. */
  countTokens(text: string, goesOn?: boolean): number;
  /** The longest beginning of the text found with at most `maxTokens` tokens; never splits a surrogate pair. Absent: lengths are tried. */
  truncate?(text: string, maxTokens: number): string;
  /** A long text in parts of a bounded length, one after the other the whole, whose counts are together that of the text; absent: not known. */
  slices?(text: string): string[];
  /** Whether it is the model's own; it may become so once the model's files are there. */
  readonly exact: boolean;
};

/** Counting and cutting as the port Embedder has them: of documents, with the prefix that the model wants before one. */
export type DocumentTokenizer = Pick<Embedder, 'countTokens' | 'truncate' | 'exactTokens'> & {
  /** All in one go: for the few texts of a plan. */
  countNow(text: string): number;
};

/** Counts that are remembered, by the texts' characters: a page is counted when it is fitted, when it is cut into requests and when they are sent. */
const mostKeptChars = 4_000_000;

export function documentTokenizer(tokenizer: Tokenizer, prefix = ''): DocumentTokenizer {
  const kept = new Map<string, number>();
  let keptChars = 0;
  let keptExact = tokenizer.exact;
  const keep = (text: string, tokens: number) => {
    keptChars += text.length;
    if (keptChars > mostKeptChars) {
      kept.clear();
      keptChars = text.length;
    }
    kept.set(text, tokens);
  };
  return {
    get exactTokens() {
      return tokenizer.exact;
    },
    countNow: (text) => tokenizer.countTokens(prefix + text),
    async countTokens(text) {
      if (keptExact !== tokenizer.exact) {
        kept.clear();
        keptChars = 0;
      }
      keptExact = tokenizer.exact;
      const before = kept.get(text);
      if (before !== undefined) return before;
      const tokens = await countInTurns(tokenizer, prefix + text);
      keep(text, tokens);
      return tokens;
    },
    truncate: async (text, maxTokens) => (await cutInTurns(tokenizer, prefix + text, maxTokens)).slice(prefix.length),
  };
}

export async function sumTokens({ countTokens }: Pick<DocumentTokenizer, 'countTokens'>, texts: readonly string[]): Promise<number> {
  let sum = 0;
  for (const text of texts) sum += await countTokens(text);
  return sum;
}

async function countInTurns({ countTokens, slices }: Tokenizer, text: string): Promise<number> {
  let tokens = 0;
  for (const [at, slice] of (slices?.(text) ?? [text]).entries()) {
    await takeTurn();
    tokens += countTokens(slice, at > 0);
  }
  return tokens;
}

/** Goes through the slices until one goes past the limit, and cuts that one. */
async function cutInTurns(tokenizer: Tokenizer, text: string, maxTokens: number): Promise<string> {
  let left = maxTokens;
  let length = 0;
  for (const slice of tokenizer.slices?.(text) ?? [text]) {
    await takeTurn();
    // What cannot be sliced may be very long: it is not counted whole before it is cut.
    const tokens = tokenizer.slices === undefined ? Number.POSITIVE_INFINITY : tokenizer.countTokens(slice, length > 0);
    if (tokens > left) return text.slice(0, length) + (await cutOne(tokenizer, slice, left, length > 0));
    left -= tokens;
    length += slice.length;
  }
  return text;
}

async function cutOne({ countTokens, truncate }: Tokenizer, text: string, maxTokens: number, goesOn: boolean): Promise<string> {
  return truncate?.(text, maxTokens) ?? cutToTokens(text, maxTokens, (part) => countTokens(part, goesOn));
}

/**
 * The longest beginning found with at most `maxTokens` tokens, for tokenizers of which nothing is known but how they count: the tokens of
 * a beginning need not be the first tokens of the whole, so each length tried is counted. Long texts are never counted whole.
 */
async function cutToTokens(text: string, maxTokens: number, count: (text: string) => number): Promise<string> {
  const fitsIn = async (length: number) => {
    await takeTurn();
    return count(sliceCharacters(text, length)) <= maxTokens;
  };
  let fits = 0;
  let tooLong = Math.max(maxTokens, 1);
  while (tooLong < text.length && (await fitsIn(tooLong))) {
    fits = tooLong;
    tooLong *= 2;
  }
  if (tooLong >= text.length) {
    if (await fitsIn(text.length)) return text;
    tooLong = text.length;
  }
  while (tooLong - fits > 1) {
    const middle = (fits + tooLong) >> 1;
    if (await fitsIn(middle)) fits = middle;
    else tooLong = middle;
  }
  return sliceCharacters(text, fits);
}

const sliceChars = 8_192;

/** The text in slices of about so many characters. `end`: what a slice may end with, a global pattern; the tokens of a text end there too. */
export function sliceAfter(end: RegExp, text: string): string[] {
  const slices: string[] = [];
  let from = 0;
  while (text.length - from > sliceChars) {
    end.lastIndex = from + sliceChars;
    if (end.exec(text) === null) break;
    slices.push(text.slice(from, end.lastIndex));
    from = end.lastIndex;
  }
  slices.push(text.slice(from));
  return slices;
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
