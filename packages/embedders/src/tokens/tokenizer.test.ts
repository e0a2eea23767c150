import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createTokenizer } from './named-tokenizers.ts';
import { documentTokenizer, type Tokenizer } from './tokenizer.ts';
import { useLiteTokenizer } from './use-lite-tokenizer.ts';

const page = (name: string) => readFileSync(new URL(`../../../../${name}`, import.meta.url), 'utf8');
const prose = [page('docs/guarantees.md'), page('LICENSE'), page('packages/embedders/models.yaml')].join('\n');
const chinese = '人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心，并应以兄弟关系的精神相对待。'.repeat(600);
const accents = "L'e\u0301te\u0301 s'en va; the dog's bone, don't-touch: it\u2019s 12,5 % — naïve coöperation\n\n".repeat(400);

const tokenizers: [string, Tokenizer][] = [
  ['cl100k_base', createTokenizer('cl100k_base')],
  ['o200k_base', createTokenizer('o200k_base')],
  ['use-lite', useLiteTokenizer],
];

describe.each(tokenizers)('a long text by %s', (_name, tokenizer) => {
  it.each([
    ['prose', prose],
    ['Chinese', chinese],
    ['accents', accents],
  ])('is counted in slices to the very number of the whole: %s', async (_what, text) => {
    const { countTokens } = documentTokenizer(tokenizer);
    expect(tokenizer.slices?.(text).length).toBeGreaterThan(tokenizer === useLiteTokenizer && text === chinese ? 0 : 2);
    expect(tokenizer.slices?.(text).join('')).toBe(text);
    expect(await countTokens(text)).toBe(tokenizer.countTokens(text));
  });

  it('is cut beyond its first slices, to no more than the tokens that fit and not much less', async () => {
    const { truncate } = documentTokenizer(tokenizer, 'passage: ');
    for (const maxTokens of [7, 5_000, 9_001]) {
      const cut = await truncate(prose, maxTokens);
      expect(prose.startsWith(cut)).toBe(true);
      const tokens = tokenizer.countTokens(`passage: ${cut}`);
      expect(tokens).toBeLessThanOrEqual(maxTokens);
      expect(tokens).toBeGreaterThan(maxTokens - 4);
    }
  });
});

it('whatever else a process has to do gets its turn between the slices, however many count at once', async () => {
  let ms = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => (ms += 50));
  onTestFinished(() => clock.mockRestore());
  const seen: string[] = [];
  const slow: Tokenizer = { exact: true, countTokens: (slice) => seen.push(slice), slices: (text) => text.split('') };
  const { countTokens } = documentTokenizer(slow);
  let counting = true;
  const turns: number[] = [];
  const turn = () => {
    turns.push(seen.length);
    if (counting) setImmediate(turn);
  };
  setImmediate(turn);
  await Promise.all(['abcd', 'efgh', 'ijkl'].map(countTokens));
  counting = false;
  expect(seen).toHaveLength(12);
  expect(turns.every((done, at) => at === 0 || done - (turns[at - 1] ?? 0) <= 1)).toBe(true);
});

it('a text is counted once, until its tokenizer has become the own one of the model', async () => {
  let counts = 0;
  const state = { exact: false };
  const tokenizer: Tokenizer = {
    get exact() {
      return state.exact;
    },
    countTokens: () => ++counts,
  };
  const { countTokens } = documentTokenizer(tokenizer);
  expect([await countTokens('a'), await countTokens('a'), await countTokens('b')]).toEqual([1, 1, 2]);
  state.exact = true;
  expect(await countTokens('a')).toBe(3);
});
