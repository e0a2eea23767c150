import { qualityGateSchema } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import { compareQueries } from './compare-queries.ts';
import type { QueriesToCompare } from './quality-reasons.ts';
import { answer, searched } from './searched-query.fixture.ts';
import type { SearchAnswer, SearchedQuery, Sides } from './searched-query.ts';

const letters = [...'abcdefghijklmnop'];
const ten = letters.slice(0, 10);
const ids = (n: number) => Array.from({ length: n }, (_, index) => `q${index}`);
/** `a` is what every query wants, and every one an `a` of its own. */
function wanting(queries: readonly SearchedQuery[]) {
  const named = ({ hits, ...rest }: SearchAnswer, id: string) => ({
    ...rest,
    hits: hits.map((hit) => ({ ...hit, document: hit.document === 'a' ? `a of ${id}` : hit.document })),
  });
  const both = ({ old, new: fresh }: Sides<SearchAnswer>, id: string) => ({ old: named(old, id), new: named(fresh, id) });
  return {
    queries: queries.map((query) => ({ ...query, exact: both(query.exact, query.id), indexed: both(query.indexed, query.id) })),
    qrels: queries.map(({ id }) => ({ query: id, document: `a of ${id}`, relevance: 1 })),
  };
}
const none: QueriesToCompare = {
  queries: [],
  knownItems: [],
  systems: [],
  qrels: [],
  minNdcgDelta: -0.02,
  slices: [],
  scoreKinds: { old: 'Cosine', new: 'Cosine' },
  sameSpace: null,
};
const compare = (input: Partial<QueriesToCompare>) => qualityGateSchema.parse(compareQueries({ ...none, ...input }));
/** The first `worse` of n queries find `a` second instead of first. */
const worsened = (n: number, worse: number) =>
  ids(n).map((id, index) => searched(id, ten, index < worse ? ['b', 'a', ...ten.slice(2)] : ten));

describe('compareQueries with judged queries', () => {
  it('passes an upgrade, with every metric exact and indexed', () => {
    const queries = ids(60).map((id, index) => searched(id, index % 2 === 0 ? ten : letters.slice(1, 11), ten));
    const gate = compare(wanting(queries));
    expect(gate).toMatchObject({ verdict: 'pass', basis: 'labels', queries: 60, labelled: 60, independent: 60 });
    expect(gate.metrics.map(({ metric, mode }) => `${metric} ${mode}`)).toEqual(
      ['exact', 'indexed'].flatMap((mode) => ['ndcg@10', 'recall@10', 'mrr@10'].map((metric) => `${metric} ${mode}`)),
    );
    expect(gate.metrics[0]).toMatchObject({ old: 0.5, new: 1, difference: 0.5 });
    expect(gate.reasons[0]).toMatch(
      /^nDCG@10 0\.500 old, 1\.000 new, exact: \+0\.500, 95 % interval \+0\.\d{3} to \+0\.\d{3}; at least -0\.020 wanted$/,
    );
  });

  it('stops a downgrade', () => {
    expect(compare(wanting(worsened(60, 60)))).toMatchObject({ verdict: 'fail' });
  });

  it('is inconclusive where few queries lost', () => {
    const queries = worsened(60, 3);
    const gate = compare(wanting(queries));
    expect(gate.verdict).toBe('inconclusive');
    expect(gate.metrics[0]?.difference).toBeCloseTo((-3 * (1 - 1 / Math.log2(3))) / 60, 10);
  });

  it('does not pass where the model is good and what the index finds is not', () => {
    const queries = ids(60).map((id) => searched(id, ten, ten, { old: ten, new: letters.slice(1, 11) }));
    const gate = compare(wanting(queries));
    expect(gate.metrics.find(({ metric, mode }) => metric === 'ndcg@10' && mode === 'exact')?.difference).toBe(0);
    expect(gate.verdict).toBe('fail');
  });

  it('says what fewer than 140 queries can show, and how many would show 0.05', () => {
    const queries = worsened(30, 15);
    const few = compare(wanting(queries));
    expect(few.detectable).toBeCloseTo(0.096, 3);
    expect(few.reasons).toContainEqual(
      expect.stringMatching(/^30 labelled queries show a difference of nDCG@10 from 0\.096 on.*0\.05 would take about \d+/),
    );
    const many = worsened(140, 70);
    expect(compare(wanting(many)).reasons.join()).not.toMatch(/80 % power/);
  });

  it.each([3, 49])('has no verdict of %i queries, however clear they look', (n) => {
    const [lost, won] = [wanting(worsened(n, n)), wanting(ids(n).map((id) => searched(id, ['b'], ten)))];
    for (const few of [lost, won]) {
      const gate = compare(few);
      expect(gate.verdict).toBe('inconclusive');
      expect(gate.reasons[0]).toBe(
        `${n} labelled queries are too few for a verdict, which takes 50 about different documents: label more of them`,
      );
    }
  });

  it('counts queries about the same documents as one, and draws them together', () => {
    const queries = worsened(120, 30);
    const { queries: asked, qrels } = wanting(queries);
    const apart = compare({ queries: asked, qrels });
    const together = compare({
      queries: queries.map((query) => ({ ...query })),
      qrels: queries.map(({ id }) => ({ query: id, document: 'a', relevance: 1 })),
    });
    expect([apart.verdict, apart.independent]).toEqual(['fail', 120]);
    expect([together.verdict, together.independent]).toEqual(['inconclusive', 1]);
    expect(together.reasons[0]).toMatch(/^120 labelled queries about 1 different document are too few/);
    expect(together.metrics[0]?.difference).toBeCloseTo(apart.metrics[0]?.difference ?? 0, 12);
  });

  it('counts queries of the same words as one, whatever is relevant for each: their results are the same', () => {
    const { queries: asked, qrels } = wanting(worsened(120, 0));
    const same = asked.map((query, at) => ({ ...query, text: `what about ${at % 2 === 0 ? 'wings' : query.id}?` }));
    const gate = compare({ queries: same, qrels });
    expect(gate).toMatchObject({ labelled: 120, independent: 61 });
    const chained = compare({
      queries: [searched('1', ten, ten), searched('2', ten, ten), { ...searched('3', ten, ten), text: 'what about 1?' }],
      qrels: [
        { query: '1', document: 'a', relevance: 1 },
        { query: '2', document: 'b', relevance: 1 },
        { query: '3', document: 'b', relevance: 1 },
      ],
    });
    expect(chained.independent).toBe(1);
  });

  it('says that no interval can be estimated where every query lost and won the same', () => {
    const gate = compare(wanting(worsened(60, 0)));
    expect(gate.verdict).toBe('pass');
    expect(gate.reasons[0]).toBe(
      'nDCG@10 1.000 old, 1.000 new, exact: +0.000 for every query, so no interval can be estimated; at least -0.020 wanted',
    );
  });

  it('says it too where they are of clusters of unequal sizes, whose sums differ in the last digits', () => {
    const lost = (id: string) => searched(id, ['a', 'b', 'c'], ['b', 'a', 'c']);
    const queries = ids(60).map(lost);
    const qrels = queries
      .map(({ id }) => ({ query: id, document: 'a', relevance: 1 }))
      .concat(queries.map(({ id }, at) => ({ query: id, document: `own-${Math.floor(Math.sqrt(at))}`, relevance: 1 })));
    const gate = compare({ queries, qrels });
    expect(gate.reasons.join()).toContain('for every query, so no interval can be estimated');
  });

  it('never passes where judgements call the documents something else', () => {
    const queries = worsened(60, 0);
    const qrels = queries.map(({ id }) => ({ query: id, document: `document-${id}`, relevance: 1 }));
    const gate = compare({ queries, qrels });
    expect(gate.verdict).toBe('inconclusive');
    expect(gate.reasons[0]).toMatch(/no search found a document that gates.qrels judges.*gates.documentField/);
  });

  it('warns where fewer of the new results are judged', () => {
    const queries = ids(5).map((id) => searched(id, ['a', 'b'], ['a', 'x']));
    const { queries: asked, qrels } = wanting(queries);
    const gate = compare({ queries: asked, qrels: [...qrels, ...queries.map(({ id }) => ({ query: id, document: 'b', relevance: 0 }))] });
    expect(gate.judged).toEqual({ old: 1, new: 0.5 });
    expect(gate.reasons).toContainEqual(expect.stringMatching(/100 % of the old first ten are judged and 50 % of the new/));
  });

  it('leaves queries without a relevant document out of the metrics, and says so', () => {
    const queries = worsened(4, 0);
    const { qrels } = wanting(queries.slice(1, 3));
    const gate = compare({ queries, qrels: [...qrels, { query: 'q3', document: 'a', relevance: 0 }] });
    expect(gate).toMatchObject({ queries: 4, labelled: 2 });
    expect(gate.reasons).toContainEqual('2 of 4 queries have no relevant document in gates.qrels and are only compared');
  });

  it('shows the queries that lost and won most with both lists, and every difference in ascending order', () => {
    const away = searched('away', ten, letters.slice(1, 11));
    const down = searched('down', ten, ['b', 'a']);
    const up = searched('up', ['b', 'a'], ten);
    const same = searched('same', ten, ten);
    const queries = [same, up, down, away];
    const gate = compare(wanting(queries));
    expect([gate.lost.map(({ id }) => id), gate.won.map(({ id }) => id)]).toEqual([['away', 'down'], ['up']]);
    expect(gate.differences.map(({ query }) => query)).toEqual(['away', 'down', 'same', 'up']);
    expect(gate.won[0]).toMatchObject({
      text: 'what about up?',
      ndcg: { old: 1 / Math.log2(3), new: 1 },
      old: [
        { text: 'the text of b', relevance: null },
        { id: { kind: 'integer', id: '2' }, relevance: 1 },
      ],
    });
  });

  it('keeps the lists that changed most for people to judge, labelled or not, with what judgements call each document', () => {
    const queries = [
      searched('same', ten, ten),
      searched('near', ten, ['b', 'a', ...ten.slice(2)]),
      searched('far', ten, letters.slice(6, 16)),
    ];
    const gate = compare({ queries, qrels: [{ query: 'near', document: 'a', relevance: 1 }] });
    expect(gate.changed.map(({ id }) => id)).toEqual(['far', 'near']);
    expect(gate.changed[1]?.new.slice(0, 2)).toMatchObject([
      { document: 'b', relevance: null },
      { document: 'a', relevance: 1 },
    ]);
  });

  it('shows a document of several points once', () => {
    const [shown] = compare({ queries: [searched('q', ['a', 'a', 'b'], ['b', 'c'])] }).lost;
    expect(shown?.old.map(({ id }) => id.id)).toEqual(['1', '3']);
  });
});

describe('compareQueries without judgements', () => {
  const queries = [searched('far', ten, letters.slice(6, 16)), searched('near', ten, letters.slice(1, 11)), searched('same', ten, ten)];

  it('describes the difference and never passes', () => {
    const gate = compare({ queries });
    expect(gate).toMatchObject({ verdict: 'not-measured', basis: 'difference', labelled: 0, detectable: null, judged: null, metrics: [] });
    expect(gate.overlap).toBeCloseTo((0.4 + 0.9 + 1) / 3, 10);
    expect(gate.rbo).toBeGreaterThan(0);
    expect(gate.reasons[0]).toMatch(/only compared: overlap@10 0\.767.*not whether it got better/);
  });

  it('shows the queries whose results changed most', () => {
    expect(compare({ queries }).lost.map(({ id }) => id)).toEqual(['far', 'near']);
  });

  it('holds a change within one space to its overlap', () => {
    expect(compare({ queries: queries.slice(1), sameSpace: 'truncate' })).toMatchObject({ verdict: 'pass', basis: 'same-space' });
    const gate = compare({ queries, sameSpace: 'truncate' });
    expect(gate.verdict).toBe('fail');
    expect(gate.reasons[0]).toMatch(/overlap@10 0\.767.*truncate wants at least 0\.80/);
  });

  it('counts documents of equal score for one another: which of them a search shows is chance', () => {
    const tied = (documents: readonly string[]) => ({
      tookMs: 1,
      hits: answer(documents).hits.map((hit) => ({ ...hit, score: hit.document === 'a' ? 0.9 : 0.5 })),
    });
    const [old, fresh] = [tied(letters), tied(['a', ...letters.slice(1).reverse()])];
    const query = { ...searched('q', [], []), exact: { old, new: fresh }, indexed: { old, new: fresh } };
    expect(compare({ queries: [query], sameSpace: 'copy' })).toMatchObject({ verdict: 'pass', overlap: 1 });
    const without = { ...query, exact: { old, new: tied(letters.slice(1)) } };
    expect(compare({ queries: [without], sameSpace: 'copy' })).toMatchObject({ verdict: 'fail', overlap: 0.9 });
  });

  it('looks at quantization through the index, where alone it shows', () => {
    const quantized = [searched('q', ten, ten, { old: ten, new: letters.slice(6, 16) })];
    expect(compare({ queries: quantized, sameSpace: 'int8' })).toMatchObject({ verdict: 'fail', overlap: 0.4 });
    expect(compare({ queries: quantized, sameSpace: 'copy' })).toMatchObject({ verdict: 'pass', overlap: 1 });
  });

  it('measures nothing without queries, and says what would', () => {
    const gate = compare({});
    expect(gate).toMatchObject({ verdict: 'not-measured', basis: 'none', overlap: null, rbo: null, scores: null, latencyMs: null });
    expect(gate.reasons).toEqual([
      'no queries were given: add gates.queries with gates.qrels, or gates.knownItems, to the spec and submit it again',
    ]);
  });

  it('reports known items, and compares over them where there are no other queries', () => {
    const knownItems = [{ ...searched('k', ['a'], ['b', 'a']), document: 'a' }];
    const gate = compare({ knownItems });
    expect(gate).toMatchObject({ verdict: 'not-measured', basis: 'difference', overlap: 0.5, queries: 0 });
    expect(gate.knownItems).toEqual({ queries: 1, mrr: { old: 1, new: 0.5 }, recall: { old: 1, new: 1 } });
    expect(compare({ knownItems, queries }).overlap).toBeCloseTo((0.4 + 0.9 + 1) / 3, 10);
  });
});

describe('compareQueries', () => {
  it('has scores and latency of the indexed searches', () => {
    const query = { ...searched('q', ['a'], ['a']), indexed: { old: answer(['a', 'b'], 10), new: answer(['a'], 30) } };
    const gate = compare({ queries: [query] });
    expect(gate.latencyMs).toEqual({ old: { p50: 10, p95: 10 }, new: { p50: 30, p95: 30 } });
    expect([gate.scores?.old.counts, gate.scores?.new.counts].map((counts) => counts?.reduce((a, b) => a + b))).toEqual([2, 1]);
  });

  it('warns that a score threshold carried over cuts elsewhere', () => {
    const high = answer(['a']);
    const low = { ...high, hits: high.hits.map((hit) => ({ ...hit, score: 0.2 })) };
    const query = { ...searched('q', ['a'], ['a']), indexed: { old: low, new: high } };
    expect(compare({ queries: [query] }).reasons).toContainEqual(expect.stringMatching(/median 0\.200 old, 1\.000 new.*threshold/));
  });

  it('keeps scores of different kinds apart, and says so instead of comparing them', () => {
    const fused = answer(['a']);
    const low = { ...fused, hits: fused.hits.map((hit) => ({ ...hit, score: 0.03 })) };
    const query = { ...searched('q', ['a'], ['a']), indexed: { old: answer(['a', 'b']), new: low } };
    const gate = compare({ queries: [query], scoreKinds: { old: 'Cosine', new: 'rrf' } });
    expect(gate.scoreKinds).toEqual({ old: 'Cosine', new: 'rrf' });
    expect(gate.scores?.old.edges).not.toEqual(gate.scores?.new.edges);
    expect(gate.reasons).toContainEqual(expect.stringMatching(/another kind \(Cosine old, rrf new\).*set it anew/));
    expect(gate.reasons.join()).not.toMatch(/scores moved/);
  });

  it('names queries that find nothing any more', () => {
    const gate = compare({ queries: [searched('lost', ['a'], []), searched('never', [], [])] });
    expect(gate.reasons).toContainEqual('1 of 2 queries find nothing any more: "lost"');
    expect(gate.lost[0]).toMatchObject({ id: 'lost', overlap: 0, new: [] });
  });
});
