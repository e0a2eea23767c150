import { readFileSync } from 'node:fs';
import type { Compared, PointId } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import { byId, pointIdSet } from '../domain/point-id-set.ts';
import type { SearchAnswer } from '../quality/searched-query.ts';
import { compareTrial } from './ask-trial.ts';
import { drawTrial } from './draw-trial.ts';
import { judgeTrial } from './judge-trial.ts';

type Metric = 'ndcg@10' | 'recall@10' | 'mrr@10';
type Fixture = {
  readonly drawn: Readonly<Record<'relevant' | 'chosen' | 'random', readonly number[]>>;
  readonly found: Readonly<Record<'whole' | 'fair', Readonly<Record<Metric, Compared>>>>;
  readonly queries: readonly {
    readonly id: string;
    readonly judgements: Readonly<Record<string, number>>;
    readonly old: readonly number[];
    readonly new: readonly number[];
  }[];
};
const fixture: Fixture = JSON.parse(readFileSync(new URL('../quality/fixtures/trial-cases.json', import.meta.url), 'utf8'));

const pointOf = (document: number): PointId => ({ kind: 'integer', id: String(document) });

function answered(side: 'old' | 'new') {
  return new Map(
    fixture.queries.map((query) => {
      const hits = query[side].map((document, place) => ({ id: pointOf(document), document: String(document), score: -place, text: '' }));
      const answer: SearchAnswer = { tookMs: 1, hits };
      return [query.id, { exact: answer, indexed: answer }];
    }),
  );
}

/** The sample of the fixture, as the product draws one. */
function drawn() {
  const { relevant, chosen, random } = fixture.drawn;
  const most = relevant.length + chosen.length + random.length;
  const draw = drawTrial({
    most: 2 * most,
    relevant: relevant.map(pointOf),
    neighbours: new Map([['any', chosen.map(pointOf)]]),
    random: random.map(pointOf),
  });
  expect(draw.ids).toHaveLength(most);
  return draw;
}

describe('what a trial measures', () => {
  const { whole, fair } = compareTrial(
    {
      queries: fixture.queries.map(({ id }, at) => ({ id, text: id, queries: {}, ...(at % 2 === 0 && { slices: { language: 'de' } }) })),
      ...{ slices: ['language'], slicesOf: byId([]) },
      ...{ old: answered('old'), fresh: answered('new') },
      qrels: fixture.queries.flatMap(({ id, judgements }) =>
        Object.entries(judgements).map(([document, relevance]) => ({ query: id, document, relevance })),
      ),
      unseen: pointIdSet([]),
    },
    drawn(),
  );
  const rest = {
    slices: ['language'],
    queries: fixture.queries.length,
    basis: 'labels',
    relevant: 240,
    missing: 0,
    withoutVector: 0,
    refused: [],
    points: 540,
  } as const;
  const judged = judgeTrial({ whole, fair, ...rest });

  it('is within the slices too, and one that surely lost is not "worth it", however much better the whole is', () => {
    const better = (gate: typeof whole) => ({
      ...gate,
      slices: [],
      metrics: gate.metrics.map((row) => ({ ...row, difference: 0.1, lower: 0.05, upper: 0.15 })),
    });
    expect(whole.slices.map(({ field, value, queries }) => [field, value, queries])).toEqual([
      ['language', 'de', Math.ceil(fixture.queries.length / 2)],
    ]);
    const all = { whole: better(whole), fair: better(fair), ...rest };
    expect(judgeTrial(all).verdict).toBe('worth it');
    const lost = whole.slices.map((slice) => ({ ...slice, verdict: 'fail' as const }));
    for (const half of ['whole', 'fair'] as const) {
      const one = judgeTrial({ ...all, [half]: { ...all[half], slices: lost } });
      expect(one.verdict).toBe('not shown');
      expect(one.reasons[0]).toMatch(/language "de": nDCG@10/);
    }
  });

  it.each([
    ['nDCG@10 of the sample', judged.ndcg, fixture.found.whole['ndcg@10']],
    ['recall@10', judged.recall, fixture.found.whole['recall@10']],
    ['MRR@10', judged.mrr, fixture.found.whole['mrr@10']],
    ['nDCG@10 without what the old model chose', judged.fairNdcg, fixture.found.fair['ndcg@10']],
  ])('is what pytrec_eval and ranx find, with the interval of SciPy: %s', (_, found, expected) => {
    for (const side of ['old', 'new', 'difference'] as const) expect(found[side]).toBeCloseTo(expected[side], 6);
    // Two bootstraps differ by chance.
    for (const bound of ['lower', 'upper'] as const) expect(Math.abs(found[bound] - expected[bound])).toBeLessThan(0.006);
  });

  it('is judged by both measures: better over the sample, and not without what the old model chose, is not shown', () => {
    expect(fixture.found.whole['ndcg@10'].lower).toBeGreaterThan(0);
    expect(fixture.found.fair['ndcg@10'].lower).toBeLessThan(0);
    expect(judged.verdict).toBe('not shown');
  });
});
