import { readFileSync } from 'node:fs';
import { qualityGateSchema } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import { compareQueries } from './compare-queries.ts';
import { searched } from './searched-query.fixture.ts';
import type { SearchedQuery } from './searched-query.ts';

type FixtureSlice = { queries: number; old: number; new: number; lower: number; upper: number };
type FixtureQuery = { id: string; language: string; old: string[]; new: string[] };
const fixture: { level: number; slices: Record<string, FixtureSlice>; queries: FixtureQuery[] } = JSON.parse(
  readFileSync(new URL('fixtures/slice-cases.json', import.meta.url), 'utf8'),
);

const asked = fixture.queries.map((query) => ({ ...searched(query.id, query.old, query.new), slices: { language: query.language } }));
const relevant = (queries: readonly SearchedQuery[]) => queries.map(({ id }) => ({ query: id, document: `${id}a`, relevance: 1 }));

function compare(queries: readonly SearchedQuery[], slices = ['language']) {
  const given = { queries, qrels: relevant(queries), slices, knownItems: [], systems: [], minNdcgDelta: -0.02 };
  return qualityGateSchema.parse(compareQueries({ ...given, scoreKinds: { old: 'Cosine', new: 'Cosine' }, sameSpace: null }));
}

/** Queries in a language of which `lost` find their document third instead of first. */
function inLanguage(language: string, count: number, lost: number) {
  return Array.from({ length: count }, (_, at) => {
    const id = `${language}${at}`;
    const [good, worse] = [
      [`${id}a`, 'x', 'y'],
      ['x', 'y', `${id}a`],
    ];
    return { ...searched(id, good, at < lost ? worse : good), slices: { language } };
  });
}

describe('the slices of labelled queries', () => {
  it('have the means of ranx and the intervals of SciPy, each at the level that all together take', () => {
    const { slices } = compare(asked);
    const judged = slices.filter(({ verdict }) => verdict !== 'not-measured');
    expect(judged.map(({ value }) => value)).toEqual(['en', 'de', null]);
    for (const { value, level, ...slice } of judged) {
      const expected = fixture.slices[value ?? 'together'] as FixtureSlice;
      expect(level).toBeCloseTo(fixture.level, 12);
      expect(slice.queries).toBe(expected.queries);
      expect(Math.abs(slice.old - expected.old)).toBeLessThan(1e-6);
      expect(Math.abs(slice.new - expected.new)).toBeLessThan(1e-6);
      expect(Math.abs(slice.lower - expected.lower)).toBeLessThan(0.006);
      expect(Math.abs(slice.upper - expected.upper)).toBeLessThan(0.006);
    }
  });

  it('stop what is good overall and bad in one of them, and name it first', () => {
    expect(compare(asked, []).verdict).not.toBe('fail');
    const gate = compare(asked);
    expect(gate.verdict).toBe('fail');
    expect(gate.reasons.join('\n')).toMatch(
      /language "de": nDCG@10 0\.\d+ old, 0\.\d+ new over 60 queries, exact: -0\.\d+, 98\.33 % interval/,
    );
    const good = [...inLanguage('en', 800, 0), ...inLanguage('de', 50, 15)];
    expect(compare(good, []).verdict).toBe('pass');
    const stopped = compare(good);
    expect(stopped.verdict).toBe('fail');
    expect(stopped.reasons[0]).toMatch(/^language "de": .*; at least -0\.020 wanted$/);
    expect(stopped.reasons).toContainEqual(
      expect.stringMatching(/^no loss is shown for language "en" \(800 queries: \+0\.000 for every one\)$/),
    );
  });

  it('ask a person where one surely lost, though perhaps less than is too much', () => {
    const gate = compare([...inLanguage('en', 400, 0), ...inLanguage('de', 200, 8)]);
    expect(gate.slices.map(({ verdict }) => verdict)).toEqual(['pass', 'inconclusive']);
    expect(gate.verdict).toBe('inconclusive');
    expect(gate.reasons[0]).toMatch(/^language "de": .*: it lost, perhaps by more than -0\.020$/);
  });

  it('say those that are too small instead of judging them, and judge them together', () => {
    const one = compare([...inLanguage('en', 800, 0), ...inLanguage('de', 20, 20)]);
    expect(one.verdict).toBe('pass');
    expect(one.reasons).toContainEqual('language "de" (20): not judged: fewer than 50 labelled queries about different documents each');
    const tiny = ['de', 'fr', 'it', 'es', 'pl', 'nl'].flatMap((language) => inLanguage(language, 10, 3));
    const many = compare([...inLanguage('en', 800, 0), ...tiny]);
    expect(many.verdict).toBe('fail');
    expect(many.reasons[0]).toMatch(/^the small slices of language together: /);
    expect(many.reasons).toContainEqual(expect.stringMatching(/"de" \(10\), .*: judged together only, with fewer than 50/));
  });

  it('count no query as one of no slice whose slice is too small to be named', () => {
    const tiny = Array.from({ length: 60 }, (_, at) => inLanguage(`l${at}`, 1, 0)).flat();
    const { slices, reasons } = compare(tiny);
    expect(slices[0]).toMatchObject({ value: null, verdict: 'pass', queries: 60 });
    expect(slices).toHaveLength(21);
    expect(reasons.join()).not.toMatch(/in no slice/);
    expect(compare(tiny.slice(0, 30)).reasons.join()).toMatch(/not judged: fewer than 50(?!.*in no slice)/);
  });

  it('count queries about the same documents as one', () => {
    const [first, ...rest] = inLanguage('de', 80, 80);
    const same = [first, ...rest].flatMap((query) => query ?? []).map((query) => ({ ...query, id: `again ${query.id}` }));
    const gate = compareQueries({
      queries: [...inLanguage('en', 400, 0), ...same],
      qrels: [...relevant(inLanguage('en', 400, 0)), ...same.map(({ id }) => ({ query: id, document: 'x', relevance: 1 }))],
      ...{ slices: ['language'], knownItems: [], systems: [], minNdcgDelta: -0.02, sameSpace: null },
      scoreKinds: { old: 'Cosine', new: 'Cosine' },
    });
    expect(gate.slices.find(({ value }) => value === 'de')).toMatchObject({ verdict: 'not-measured', queries: 80, independent: 1 });
  });

  it('go by what the relevant documents say that were found, and tell of queries of which nobody knows', () => {
    const queries = inLanguage('en', 60, 0).map(({ slices: _, ...query }, at) => {
      const lang = at < 50 ? { language: 'en' } : {};
      const hits = query.exact.old.hits.map((hit) => ({ ...hit, slices: hit.document === 'x' ? { language: 'de' } : lang }));
      return { ...query, exact: { ...query.exact, old: { ...query.exact.old, hits } } };
    });
    const gate = compare(queries);
    expect(gate.slices).toMatchObject([{ value: 'en', queries: 50, verdict: 'pass' }]);
    expect(gate.reasons).toContainEqual(expect.stringMatching(/^10 of 60 labelled queries are in no slice by language/));
  });

  it('are not judged without labels, which is said', () => {
    const gate = compareQueries({
      queries: asked,
      qrels: [],
      ...{ slices: ['language'], knownItems: [], systems: [], minNdcgDelta: -0.02, sameSpace: null },
      scoreKinds: { old: 'Cosine', new: 'Cosine' },
    });
    expect(gate.slices).toEqual([]);
    expect(gate.reasons).toContainEqual('gates.slices (language) are judged by labelled queries, and there are none');
  });
});
