import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fuseLists } from './fuse-lists.ts';
import { ndcgAt } from './ranking-metrics.ts';
import { mean } from './statistics.ts';

type Case = {
  readonly fusion?: 'rrf' | 'dbsf';
  readonly k?: number;
  readonly weights?: number[];
  readonly alone?: number;
  readonly ndcg: number;
};
type Fixture = { readonly cases: readonly Case[]; readonly queries: readonly (readonly (readonly [string, number])[])[][] };

const { cases, queries }: Fixture = JSON.parse(readFileSync(new URL('fixtures/fusion-cases.json', import.meta.url), 'utf8'));
const hit = ([document, score]: readonly [string, number]) => ({
  id: { kind: 'integer' as const, id: document.slice(1) },
  document,
  score,
  text: '',
});
const relevant = new Map(['d0', 'd1', 'd2'].map((document) => [document, 1]));

describe('fused lists', () => {
  it.each(cases)('find what NumPy and ranx say of $fusion $k $weights $alone', ({ fusion, k = 2, weights = null, alone, ndcg }) => {
    const found = queries.map((lists) => {
      const hits = lists.map((list) => list.map(hit));
      if (alone !== undefined) return hits[alone] ?? [];
      return fuseLists(hits, fusion === 'dbsf' ? 'dbsf' : { rrf: { k, weights } });
    });
    const scores = found.map((hits) =>
      ndcgAt(
        10,
        hits.map(({ document }) => document),
        relevant,
      ),
    );
    expect(mean(scores)).toBeCloseTo(ndcg, 6);
  });

  it('count a point of both lists once, and one of a list that spreads over nothing as half', () => {
    const one = [hit(['d1', 3])];
    const fused = fuseLists([one, [hit(['d1', 9]), hit(['d2', 9])]], 'dbsf');
    expect(fused.map(({ document, score }) => [document, score])).toEqual([
      ['d1', 1],
      ['d2', 0.5],
    ]);
  });

  it('leave the order of equal sums to no list', () => {
    const [a, b] = [[hit(['d1', 1])], [hit(['d2', 1])]];
    const rrf = { k: 2, weights: null };
    expect(fuseLists([a, b], { rrf })).toEqual(fuseLists([b, a], { rrf }));
  });
});
