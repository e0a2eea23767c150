import { describe, expect, it } from 'vitest';
import { quoteProvider, readRetryAfter } from './request-ending.ts';

const now = Date.parse('2026-11-20T12:00:00Z');

it.each([
  [{ 'retry-after': '20' }, 20_000],
  [{ 'retry-after': '1.5' }, 1500],
  [{ 'retry-after': '0' }, 0],
  [{ 'retry-after-ms': '12.5', 'retry-after': '1' }, 13],
  [{ 'retry-after': 'Fri, 20 Nov 2026 12:00:30 GMT' }, 30_000],
  [{ 'retry-after': 'Fri, 20 Nov 2026 11:00:00 GMT' }, 0],
  // The server's clock is an hour behind ours: its own Date says how long it means.
  [{ 'retry-after': 'Fri, 20 Nov 2026 11:00:30 GMT', date: 'Fri, 20 Nov 2026 11:00:00 GMT' }, 30_000],
  [{ 'retry-after': 'soon' }, undefined],
  [{ 'retry-after': '-5' }, undefined],
  [{}, undefined],
])('reads %j as %s ms', (headers, ms) => {
  expect(readRetryAfter(new Headers(headers as Record<string, string>), now)).toBe(ms);
});

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
