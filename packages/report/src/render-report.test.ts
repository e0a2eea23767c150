import type { Gates, QualityGate, Report } from '@reembed/contracts';
import { reportSchema } from '@reembed/contracts';
import { buildEmptyReport, buildHostileReport, buildReport } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { renderReport } from './render-report.ts';

const full = buildReport();
const gates = full.gates as Gates;
/** The page's words, without markup. */
const wordsOf = (report: Report) =>
  renderReport(report)
    .replaceAll(/<style[\s\S]*?<\/style>|<svg[\s\S]*?<\/svg>/g, '')
    .replaceAll(/<\/(p|div|li|h\d|dt|dd|td|th|summary)>/g, ' ')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('\u00a0', ' ')
    .replaceAll(/\s+/g, ' ');
const withQuality = (change: Partial<QualityGate>) => buildReport({ gates: { ...gates, quality: { ...gates.quality, ...change } } });

it('the reports these tests show are reports', () => {
  for (const report of [full, buildEmptyReport(), buildHostileReport().report]) expect(reportSchema.parse(report)).toEqual(report);
});

it('the same report gives the same page', () => {
  expect(renderReport(full)).toBe(renderReport(full));
});

it('the page needs nothing but itself', () => {
  const page = renderReport(full);
  expect(page).not.toMatch(/<(script|link (?!rel="icon" href="data:,")|img|iframe|object|embed)\b|@import|url\((?!#)/);
  expect(page.match(/\b(?:src|href)="[^"]*"/g)?.filter((link) => !/="(?:#|data:,)/.test(link))).toEqual([]);
});

it('every link leads somewhere, and every id is there once', () => {
  const page = renderReport(full);
  const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const named = [...page.matchAll(/(?:href="#|aria-(?:labelledby|describedby)=")([^"]+)"/g)].map(([, id]) => id);
  expect(named.filter((id) => !ids.includes(id))).toEqual([]);
});

describe('texts of others', () => {
  const { report, texts } = buildHostileReport();
  const page = renderReport(report);

  it('stay texts: none becomes an element or an attribute', () => {
    expect(page).not.toMatch(/<script|<img|<svg on|<\/bdi><\/details><\/section>/);
    expect(page.match(/<[^>]*\son\w+=[^>]*>/g)).toBeNull();
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=&quot;alert(2)&quot;&gt;');
  });

  it('have their own direction, and cannot turn the text around them', () => {
    const outside = page.replaceAll(/<(bdi|code|p|span)\b[^>]*(?:dir="auto"|lang="")[^>]*>[^<]*<\/\1>/g, '');
    expect(outside.includes('\u202e')).toBe(false);
  });

  it('are there to the last character where they are prose', () => {
    const long = texts.find((text) => text.length > 10_000) ?? '';
    expect(page.split(long).length - 1).toBeGreaterThan(5);
  });

  it('leave no half characters behind', () => {
    expect(page.isWellFormed()).toBe(true);
    expect(page).toContain('half a pair: \ufffd and a null');
  });
});

describe('parts and fusion', () => {
  it('stand side by side, with what fusing gains over each part', () => {
    const words = wordsOf(full);
    expect(words).toContain('"large" alone (openai/text-embedding-3-large) 0.431 0.471 0.531 \u22120.019 [\u22120.034, \u22120.002]');
    expect(words).toContain('"large" + "words", rrf as applications will ask 0.412');
  });

  it('have only their overlap without labels, and are left out where there is but one way to ask', () => {
    const systems = gates.quality.systems.map((system) => ({ ...system, metrics: null, wholeGains: null }));
    const words = wordsOf(withQuality({ systems, labelled: 0, metrics: [] }));
    expect(words).toContain('Overlap@10 with fused');
    expect(words).not.toContain('Fused less this');
    expect(wordsOf(withQuality({ systems: [] }))).not.toContain('Parts and fusion');
  });
});

describe('the verdict', () => {
  it('comes first, with the number it rests on and its uncertainty', () => {
    const words = wordsOf(full);
    expect(words).toContain('nDCG@10, exact: old 0.355, new 0.412, difference +0.057 [0.031, 0.084]');
    expect(words.indexOf(full.headline)).toBeLessThan(words.indexOf('At a glance'));
  });

  it.each(['pass', 'fail', 'inconclusive'] as const)('%s is a word, not a colour only', (verdict) => {
    expect(wordsOf(buildEmptyReport())).toContain('Not verified yet');
    expect(wordsOf(buildReport({ verdict })).toLowerCase()).toContain(`${verdict} ${full.headline.toLowerCase()}`);
  });

  it('names who overrode a gate, and why', () => {
    const words = wordsOf(
      buildReport({ overrides: [{ gate: 'quality', verdict: 'inconclusive', by: 'Ada', reason: 'read fifty queries', at: full.at }] }),
    );
    expect(words).toContain('The quality gate was overridden by Ada, 22 Nov 2026, 09:58 UTC: read fifty queries');
  });
});

describe('what was not measured says why', () => {
  it('before the gates have run', () => {
    const words = wordsOf(buildEmptyReport());
    for (const why of [
      'Not measured yet: the gates have not run.',
      'Nothing to compare: the gates have not run yet.',
      'Not checked yet: the gates have not run.',
      'Nothing has been compared yet',
      'No phase has begun.',
      'Throughput: nothing was measured',
    ])
      expect(words).toContain(why);
    expect(words).not.toContain('NaN');
  });

  it('without queries', () => {
    const none = {
      verdict: 'not-measured',
      basis: 'none',
      queries: 0,
      labelled: 0,
      metrics: [],
      lost: [],
      won: [],
      knownItems: null,
    } as const;
    const words = wordsOf(withQuality({ ...none, metrics: [], lost: [], won: [], scores: null, latencyMs: null, differences: [] }));
    expect(words).toContain('Not measured. That blocks nothing by itself');
    expect(words).toContain('Nothing to compare: no queries were given.');
  });

  it('with queries that could not be asked: nothing says that there were none, or that it blocks nothing', () => {
    const none = {
      basis: 'none',
      queries: 0,
      labelled: 0,
      knownItems: null,
      scores: null,
      latencyMs: null,
    } as const;
    const lists = { metrics: [], systems: [], slices: [], lost: [], won: [], differences: [] };
    const words = wordsOf(withQuality({ ...none, ...lists, verdict: 'fail', reasons: ['search quality could not be measured: no key'] }));
    expect(words).toContain('Queries were given, and could not be asked: search quality could not be measured: no key');
    expect(words).toContain('Nothing to compare: the queries could not be asked.');
    expect(words).not.toMatch(/blocks nothing|no queries were given/);
  });

  it('over known items alone: their number, not that of no queries', () => {
    const words = wordsOf(withQuality({ basis: 'difference', queries: 0, labelled: 0, metrics: [], slices: [] }));
    expect(words).toContain('200 queries show how different the results are');
  });

  it('where the numbers are gone and the verdict is known: the verdict, and how to have them again', () => {
    const words = wordsOf(buildReport({ verdict: 'fail', gates: null }));
    expect(words).toMatch(/✕Fail .* reembed verify measures them again/);
    expect(words).not.toContain('Not verified yet');
  });

  it('of scores that are where they were: no warning of thresholds', () => {
    const scores = gates.quality.scores as NonNullable<QualityGate['scores']>;
    const words = wordsOf(withQuality({ scores: { old: scores.old, new: scores.old } }));
    expect(words).toContain('The scores are where they were.');
    expect(words).not.toContain('⚠');
    expect(wordsOf(full)).toContain('⚠ 95 % of the old scores are');
  });

  it('of points set aside: all of them, and how many are open', () => {
    expect(wordsOf(full)).toContain('Set aside 3 2 accepted as missing, 1 open');
  });

  it('of slices, those with too few queries are said and not judged', () => {
    const words = wordsOf(full);
    expect(words).toMatch(/language: en ✓Pass 98 0\.371 0\.452 \+0\.081 \[0\.036, 0\.127\]/);
    expect(words).toMatch(/language: all small ones together ✓Pass 61 /);
    expect(words).toMatch(/language: fr –Too few queries 33 0\.331 0\.360 \+0\.029 language: it/);
    expect(words).toContain('2 of 4 rows are judged');
  });

  it('of latency, what it is where both sides find the same, and where they cannot', () => {
    const at = (ef: number | null, recall: number) => ({ ef, recall, p50: 3.1, p95: 7.9 });
    const equal = { queries: 50, tolerance: 0.01, reached: true, old: at(null, 0.981), new: at(64, 0.979) };
    expect(wordsOf(withQuality({ equalRecall: equal }))).toMatch(
      /At equal recall \(0\.981 old, 0\.979 new of the ten nearest, over 50 queries\) .* 3\.1 ms and 7\.9 ms before, .* with hnsw_ef 64 now/,
    );
    const never = { ...equal, reached: false, new: at(null, 0.7) };
    expect(wordsOf(withQuality({ equalRecall: never }))).toContain(
      '⚠ These times are not of equal searches: they find 0.981 old, 0.700 new',
    );
  });

  it('of a score threshold, what it becomes and how sure that is', () => {
    const threshold = {
      basis: 'precision',
      queries: 185,
      old: 0.75,
      new: 0.832,
      lower: 0.821,
      upper: 0.845,
      wanted: 0.62,
      undefinedShare: 0,
    } as const;
    expect(wordsOf(withQuality({ threshold }))).toMatch(
      /Score threshold: 0\.750? becomes 0\.832 \[0\.821, 0\.845\], as precise as before \(62 % of what passes is relevant\)/,
    );
    const alike = { ...threshold, lower: threshold.new, upper: threshold.new };
    expect(wordsOf(withQuality({ threshold: alike }))).toContain('becomes 0.832 (no interval: the same in every draw), as precise');
    const none = { ...threshold, new: null, lower: null, upper: null };
    expect(wordsOf(withQuality({ threshold: none }))).toContain('No score threshold of the new model does what 0.75');
  });

  it('with queries that nobody labelled: a difference, no grade', () => {
    const lost = gates.quality.lost.map((query) => ({ ...query, ndcg: null }));
    const words = wordsOf(
      withQuality({ basis: 'difference', labelled: 0, queries: 40, metrics: [], slices: [], differences: [], lost, won: [], scores: null }),
    );
    expect(words).toContain('40 queries show how different the results are, not whether they are better.');
    expect(words).toContain('No metrics: they need queries with judgements');
    expect(words).toContain('Changed most');
    expect(words).not.toContain('not judged');
  });

  it('with scores of different kinds on axes of their own', () => {
    const words = wordsOf(withQuality({ scoreKinds: { old: 'Cosine', new: 'rrf' } }));
    expect(words).toContain('Scores of the first ten hits, old (Cosine)');
    expect(words).toContain('Scores of the first ten hits, new (rrf)');
    expect(words).toContain('of another kind (Cosine old, rrf new)');
    expect(words).not.toContain('of the new ones');
  });

  it('where the vectors share a space: how much stays', () => {
    expect(wordsOf(withQuality({ basis: 'same-space', metrics: [], labelled: 0 }))).toContain('how much of them stays');
  });

  it('how many vectors were taken instead of made', () => {
    expect(wordsOf(buildReport({ cost: { texts: 5, tokens: 100, usd: 0, kept: 1_200 } }))).toContain(
      '100 tokens; 1,200 vectors taken from an earlier target',
    );
  });

  it('of which trial they were, what that found, and what that saved', () => {
    const trial = { id: 'trial-1', points: 3_000, verdict: 'worth it', savedUsd: 0.25 } as const;
    const cost = { texts: 5, tokens: 100, usd: 1, kept: 1_200 };
    expect(wordsOf(buildReport({ cost, trial }))).toContain(
      '1,200 vectors taken from trial-1 (3,000 points tried: worth it), which saved about $0.25',
    );
    expect(wordsOf(buildReport({ cost, trial: { ...trial, verdict: null, savedUsd: null } }))).toContain(
      '1,200 vectors taken from trial-1 (3,000 points tried)',
    );
  });

  it('where a model has no known price', () => {
    expect(wordsOf(buildReport({ cost: { texts: 5, tokens: 100, usd: null, kept: 0 } }))).toContain(
      'not priced no price is known for the model',
    );
  });

  it('where a collection is gone', () => {
    expect(wordsOf(buildReport({ collections: { old: null, new: {} } }))).toContain('not the old collection could be read');
  });
});

it('a result list says where each point stands in the other', () => {
  const words = wordsOf(full);
  for (const move of ['now 2', 'gone', 'now 1', '↑ from 3', '↓ from 1', 'newly found']) expect(words).toContain(move);
});

it('a list of set-aside points that is cut says so', () => {
  expect(wordsOf(buildReport({ counts: { ...full.counts, setAside: 4000 } }))).toContain('The first 3 of 4,000.');
});
