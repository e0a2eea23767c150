import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { judgedAt, judgementsByQuery, ndcgAt, recallAt, reciprocalRankAt } from './ranking-metrics.ts';

type RanxQuery = {
  readonly judgements: Record<string, number>;
  readonly ranked: string[];
  readonly ranx: { 'ndcg@10': number; 'recall@10': number; 'mrr@10': number };
};
const fixtures: { cases: { name: string; queries: RanxQuery[] }[] } = JSON.parse(
  readFileSync(new URL('fixtures/ranx-cases.json', import.meta.url), 'utf8'),
);

const judgements = new Map([
  ['a', 2],
  ['b', 1],
  ['c', 0],
]);

describe('the ranking metrics', () => {
  it.each(fixtures.cases)('agree with ranx to 1e-6: $name', ({ queries }) => {
    expect(queries.length).toBeGreaterThan(0);
    for (const { judgements, ranked, ranx } of queries) {
      const relevance = new Map(Object.entries(judgements));
      expect(Math.abs(ndcgAt(10, ranked, relevance) - ranx['ndcg@10'])).toBeLessThan(1e-6);
      expect(Math.abs(recallAt(10, ranked, relevance) - ranx['recall@10'])).toBeLessThan(1e-6);
      expect(Math.abs(reciprocalRankAt(10, ranked, relevance) - ranx['mrr@10'])).toBeLessThan(1e-6);
    }
  });

  it('gain the relevance itself, discounted by the place', () => {
    expect(ndcgAt(10, ['b', 'x', 'a'], judgements)).toBeCloseTo((1 + 2 / 2) / (2 + 1 / Math.log2(3)), 12);
  });

  it('look at the first k only', () => {
    const ranked = ['x', 'y', 'a'];
    expect([ndcgAt(2, ranked, judgements), recallAt(2, ranked, judgements), reciprocalRankAt(2, ranked, judgements)]).toEqual([0, 0, 0]);
    expect([recallAt(3, ranked, judgements), reciprocalRankAt(3, ranked, judgements)]).toEqual([1 / 2, 1 / 3]);
  });

  it('count a document of several points once, where its best point stands', () => {
    expect(ndcgAt(2, ['a', 'a', 'a', 'b'], judgements)).toBe(1);
    expect(recallAt(2, ['a', 'a', 'b'], judgements)).toBe(1);
    expect(reciprocalRankAt(2, ['c', 'c', 'b'], judgements)).toBe(1 / 2);
  });

  it('are 0 where nothing is relevant, and where nothing was found', () => {
    for (const [ranked, judged] of [[['c'], new Map([['c', 0]])] as const, [[], judgements] as const]) {
      expect([ndcgAt(10, ranked, judged), recallAt(10, ranked, judged), reciprocalRankAt(10, ranked, judged)]).toEqual([0, 0, 0]);
    }
  });
});

describe('judgedAt', () => {
  it('is the share of the documents found that somebody judged, relevant or not', () => {
    expect(judgedAt(3, ['a', 'c', 'x', 'b'], judgements)).toBeCloseTo(2 / 3, 12);
    expect(judgedAt(10, ['c'], judgements)).toBe(1);
    expect(judgedAt(10, [], judgements)).toBe(0);
  });
});

describe('judgementsByQuery', () => {
  it('keeps the judgements of each query apart', () => {
    const qrels = [
      { query: 'q1', document: 'a', relevance: 1 },
      { query: 'q2', document: 'a', relevance: 0 },
      { query: 'q1', document: 'b', relevance: 2 },
    ];
    const byQuery = judgementsByQuery(qrels);
    expect([...(byQuery.get('q1') ?? [])]).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
    expect([...(byQuery.get('q2') ?? [])]).toEqual([['a', 0]]);
  });
});
