import { describe, expect, it } from 'vitest';
import { checkDepth, checkEntries } from './body-limits.ts';

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

describe('a body', () => {
  it('goes no deeper than 64, whatever its texts hold', () => {
    expect(() => checkDepth(nested(64))).not.toThrow();
    expect(() => checkDepth(JSON.stringify({ text: nested(5_000), escaped: '"[[\\' }))).not.toThrow();
    expect(() => checkDepth(nested(65))).toThrow('nested deeper than 64 from character 65 on');
    expect(() => checkDepth('{"a":'.repeat(1_000_000))).toThrow('nested deeper');
  });

  it('has no list and no object with more in it than is looked at, but for those that are long by nature', () => {
    const many = (count: number) => Array.from({ length: count }, (_, n) => String(n));
    expect(() =>
      checkEntries({ target: { payload: { include: many(5_000) } }, gates: { qrels: many(100_000) }, ids: many(10_000) }),
    ).not.toThrow();
    expect(() => checkEntries({ target: { payload: { include: many(5_001) } } })).toThrow(
      'target.payload.include (5001 entries): may have at most 5000 entries',
    );
    expect(() => checkEntries({ vectors: Object.fromEntries(many(20_000).map((name) => [name, {}])) })).toThrow('vectors (20000 entries)');
    expect(() => checkEntries({ ids: many(10_001) })).toThrow('at most 10000');
  });
});

it('has so many entries in all, and is looked through no further', () => {
  const lists = (outer: number, inner: number) => Array.from({ length: outer }, () => Array.from({ length: inner }, () => 1));
  const judgements = { gates: { qrels: Array.from({ length: 100_000 }, (_, at) => ({ query: 'q', document: String(at), relevance: 1 })) } };
  expect(() => checkEntries(judgements)).not.toThrow();
  expect(() => checkEntries(lists(4_900, 200))).toThrow(/more than 600000 entries/);
  const lookedAt = new Proxy([], { ownKeys: () => expect.fail('it is looked at all the same') });
  expect(() => checkEntries([lookedAt, ...lists(4_900, 200)])).toThrow(/more than 600000 entries/);
});
