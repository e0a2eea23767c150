import { describe, expect, it } from 'vitest';
import { createTokenizer } from './named-tokenizers.ts';
import { documentTokenizer } from './tokenizer.ts';

const cl100k = createTokenizer('cl100k_base');
const estimate = createTokenizer('estimate');
const documents = documentTokenizer(cl100k);

describe('cl100k_base', () => {
  it.each([
    ['hello world', 2],
    ['Die Geschwindigkeitsbegrenzung', 9],
    ['', 0],
  ])('counts %j as tiktoken does', (text, tokens) => {
    expect(cl100k.countTokens(text)).toBe(tokens);
  });

  it('counts text that looks like a special token as text', () => {
    expect(cl100k.countTokens('<|endoftext|>')).toBe(7);
  });

  it.each([
    ['letters without a space', 'a'.repeat(100_000), 12_500],
    ['characters without a stop', '漢字'.repeat(20_000), 60_000],
  ])('counts a very long run of %s nearly exactly', (_, text, tokens) => {
    expect(Math.abs(cl100k.countTokens(text) / tokens - 1)).toBeLessThan(0.01);
  });

  it('cuts to exactly the tokens that fit', async () => {
    const text = 'one two three four five';
    expect(await documents.truncate(text, 3)).toBe('one two three');
    expect(await documents.truncate(text, 5)).toBe(text);
  });

  it('never ends inside a character whose bytes are several tokens', async () => {
    for (let maxTokens = 0; maxTokens < 40; maxTokens += 1) {
      const cut = await documents.truncate('🧬🦖👩‍🔬 漢字 e\u0301'.repeat(4), maxTokens);
      expect(cut.isWellFormed()).toBe(true);
      expect(cut).not.toContain('\ufffd');
      expect(cl100k.countTokens(cut)).toBeLessThanOrEqual(maxTokens);
    }
  });
});

describe('the estimate', () => {
  it.each([
    ['English', 'Permission is hereby granted, free of charge, to any person obtaining a copy of this software', 18],
    ['Russian', 'Все люди рождаются свободными и равными в своем достоинстве и правах', 16],
    ['Chinese', '人人生而自由，在尊严和权利上一律平等', 15],
  ])('is at least what a real tokenizer counts in %s, and less than three times that', (_, text, real) => {
    expect(estimate.countTokens(text)).toBeGreaterThanOrEqual(real);
    expect(estimate.countTokens(text)).toBeLessThan(real * 3);
  });

  it('says that it is none but an estimate', () => {
    expect([estimate.exact, cl100k.exact]).toEqual([false, true]);
  });
});
