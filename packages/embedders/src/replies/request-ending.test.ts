import { describe, expect, it } from 'vitest';
import { quoteProvider } from './request-ending.ts';

const key = 'sk-live-51HxQ0aZ9bC8dE7f';

describe('quoteProvider', () => {
  it.each([
    ["This model's maximum context length is 8192 tokens", ['an ordinary text about fish'], true],
    ['dimensions must be below 1536', ['in'], true],
    [`Incorrect API key provided: ${key}`, ['text'], false],
    [`Incorrect API key provided: ${key.slice(0, 16)}***`, ['text'], false],
    ['input should be a string: "a secret\\nplan of Z\\u00fcrich"', ['a secret\nplan of Zürich'], false],
    ['cannot embed 「極秘の計画書について考える会」', ['社内:極秘の計画書について考える会の議事録'], false],
    ['value "PIN 4711" is bad', ['PIN 4711'], false],
    [undefined, ['text'], false],
  ])('%j beside %j', (words, texts, quoted) => {
    expect(quoteProvider(words, [key], texts) !== '').toBe(quoted);
  });

  it('is short', () => {
    expect(quoteProvider('word '.repeat(1000), [], []).length).toBeLessThanOrEqual(300);
  });
});
