import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { JudgedQuery } from './judged-queries.ts';
import { carryThreshold, thresholdInWords } from './score-threshold.ts';
import { searched } from './searched-query.fixture.ts';
import type { SearchAnswer, SearchedQuery } from './searched-query.ts';

type Scores = { readonly scores: number[][]; readonly relevant: boolean[][] };
type Expected = { readonly wanted: number; readonly new: number; readonly lower: number; readonly upper: number };
const fixture: { threshold: number; precision: Expected; volume: Expected; old: Scores; new: Scores } = JSON.parse(
  readFileSync(new URL('fixtures/threshold-cases.json', import.meta.url), 'utf8'),
);

/** Hits with these scores; relevant ones are documents `+…` of the query. */
function answerOf(query: number, scores: readonly number[], relevant: readonly boolean[], side: string): SearchAnswer {
  const hits = scores.map((score, at) => ({
    id: { kind: 'integer' as const, id: String(at + 1) },
    document: `${relevant[at] ? '+' : '-'}${side}${query}.${at}`,
    score,
    text: '',
  }));
  return { hits: hits.sort((a, b) => b.score - a.score), tookMs: 1 };
}

function queryOf(at: number, old: SearchAnswer, fresh: SearchAnswer): SearchedQuery {
  const both = { old, new: fresh };
  return { ...searched(`q${at}`, [], []), exact: both, indexed: both };
}

const queries = fixture.old.scores.map((scores, at) =>
  queryOf(
    at,
    answerOf(at, scores, fixture.old.relevant[at] ?? [], 'old'),
    answerOf(at, fixture.new.scores[at] ?? [], fixture.new.relevant[at] ?? [], 'new'),
  ),
);
const judgedOf = (given: readonly SearchedQuery[]): JudgedQuery[] =>
  given.map((query) => {
    const documents = [...query.indexed.old.hits, ...query.indexed.new.hits].map(({ document }) => document);
    return {
      query,
      judgements: new Map([[`own of ${query.id}`, 1], ...documents.map((one) => [one, one.startsWith('+') ? 1 : 0] as const)]),
    };
  });
const given = { threshold: fixture.threshold, limits: { old: 10, new: 10 }, scoreKinds: { old: 'Cosine', new: 'Cosine' } };

describe('a score threshold', () => {
  it.each([
    ['precision', judgedOf(queries)],
    ['volume', []],
  ] as const)('is carried over by %s, as NumPy and scikit-learn have it', (basis, judged) => {
    const carried = carryThreshold(given, queries, judged);
    const expected = fixture[basis];
    expect(carried).toMatchObject({ basis, old: fixture.threshold, queries: queries.length, undefinedShare: 0 });
    expect(carried?.wanted).toBeCloseTo(expected.wanted, 9);
    expect(carried?.new).toBeCloseTo(expected.new, 9);
    expect(Math.abs((carried?.lower ?? 0) - expected.lower)).toBeLessThan(0.004);
    expect(Math.abs((carried?.upper ?? 0) - expected.upper)).toBeLessThan(0.004);
  });

  it('is no surer for queries that come twice with nearly the same documents', () => {
    // Each query beside one that asks otherwise for the same and one document more: the evidence is hardly more than of the half.
    const twice = queries.map((query, at) => ({ ...query, id: `again${at}`, text: `otherwise ${at}` }));
    const carried = carryThreshold(given, [...queries, ...twice], judgedOf([...queries, ...twice]));
    const { lower, upper, new: alone } = fixture.precision;
    expect(carried?.new).toBeCloseTo(alone, 9);
    const share = ((carried?.upper ?? 0) - (carried?.lower ?? 0)) / (upper - lower);
    // As if they were independent: 0.71.
    expect(share).toBeGreaterThan(0.85);
    expect(share).toBeLessThan(1.1);
  });

  it('of a distance is a largest one', () => {
    const turned = queries.map((query) => {
      const fresh = { ...query.indexed.new, hits: query.indexed.new.hits.map((hit) => ({ ...hit, score: 1 - hit.score })) };
      return { ...query, indexed: { ...query.indexed, new: fresh } };
    });
    const carried = carryThreshold({ ...given, scoreKinds: { old: 'Cosine', new: 'Euclid' } }, turned, []);
    expect(carried?.new).toBeCloseTo(1 - fixture.volume.new, 9);
    expect(carried?.lower).toBeLessThan(carried?.upper ?? 0);
  });

  it('counts what applications get: no more hits than they ask for', () => {
    const carried = carryThreshold({ ...given, threshold: 0, limits: { old: 2, new: 10 } }, queries, []);
    expect(carried?.wanted).toBe(2);
  });

  it('is said in words, with what it keeps and how sure that is', () => {
    const carried = carryThreshold(given, queries, []);
    if (carried === null) throw new Error('nothing was carried');
    expect(thresholdInWords(carried)).toMatch(
      /^a score threshold of 0\.55 becomes 0\.8\d+, 95 % interval 0\.\d+ to 0\.\d+, over 80 queries: 3\.\d hits a query pass, as before; whether they are as good takes 50 labelled queries$/,
    );
  });

  it('that nothing passes, or that no new score is as precise as, is said instead of guessed', () => {
    const none = carryThreshold({ ...given, threshold: 2 }, queries, []);
    expect(none).toMatchObject({ new: null, lower: null, wanted: null });
    expect(none && thresholdInWords(none)).toMatch(/^no hit of 80 queries passes the score threshold 2 of the old scores/);
    const worse = queries.map((_, at) => queryOf(at, answerOf(at, [0.9], [true], 'old'), answerOf(at, [0.9, 0.8], [false, true], 'new')));
    const imprecise = carryThreshold(given, worse, judgedOf(worse));
    expect(imprecise).toMatchObject({ basis: 'precision', new: null, wanted: 1 });
    expect(imprecise && thresholdInWords(imprecise)).toMatch(/^no threshold of the new scores does what 0\.55 does .*choose one by hand$/);
    expect(carryThreshold(given, [searched('q', [], [])], [])).toBeNull();
  });

  it('ignores scores that are no numbers', () => {
    const broken = queries.map((query) => {
      const hits = [{ ...(query.indexed.new.hits[0] as (typeof query.indexed.new.hits)[0]), score: Number.NaN }, ...query.indexed.new.hits];
      return { ...query, indexed: { ...query.indexed, new: { ...query.indexed.new, hits } } };
    });
    expect(carryThreshold(given, broken, [])?.new).toBeCloseTo(fixture.volume.new, 9);
  });
});
