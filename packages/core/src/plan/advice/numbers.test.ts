import { describe, expect, it } from 'vitest';
import { judgeSize } from './advise.ts';
import { countLanguages, scriptOf } from './count-languages.ts';
import { footprint, indexFootprint, sparseFootprint } from './footprint.ts';
import { copyTime, type EmbedWork, embedTime, moreWorkers, together } from './time-range.ts';

const noLimits = { maxInputTokens: null, maxRequestTokens: null, requestsPerMinute: null, tokensPerMinute: null, inputsPerMinute: null };
const record = {
  dimensions: 4,
  dimensionChoices: [],
  space: null,
  retired: null,
  batchPricePerMillionTokensUsd: null,
  asOf: '2026-11',
  isOld: false,
  source: 'https://example.org',
};
const unknown = { ...record, accountLimits: { least: null, most: null }, tokensPerSecondPerWorker: null };
const rates = { requestsPerMinute: null, inputsPerMinute: null };

function work(change: Partial<EmbedWork>): EmbedWork {
  return {
    ...{ model: 'a/one', texts: 1_000_000, tokens: 100_000_000, workers: 2, textsPerRequest: 96 },
    ...{ limits: { maxInputs: 96, ...noLimits }, record: null },
    ...change,
  };
}

const limited = work({ limits: { maxInputs: 96, ...noLimits, inputsPerMinute: 2_000 }, record: unknown });
const tiers = { least: { ...rates, tokensPerMinute: 1_000_000 }, most: { ...rates, tokensPerMinute: 10_000_000 } };
const tiered = work({ record: { ...unknown, accountLimits: tiers } });
const local = work({ tokens: 3_400_000, record: { ...unknown, tokensPerSecondPerWorker: 1_700 } });

describe('time', () => {
  it('is that of the provider: a million texts at 2,000 a minute take more than eight hours', () => {
    const { lowSeconds, highSeconds, boundBy } = embedTime(limited);
    expect(lowSeconds / 3_600).toBeCloseTo(8.33, 2);
    expect(highSeconds).toBeGreaterThan(lowSeconds);
    expect(boundBy).toContain('limits of a/one');
  });

  it('goes from the highest tier of an account to the lowest', () => {
    expect(embedTime(tiered)).toMatchObject({ lowSeconds: 600, highSeconds: 7_500 });
  });

  it('is shared by the workers of a local model', () => {
    expect(embedTime(local)).toMatchObject({ lowSeconds: 1_000, highSeconds: 2_000 });
  });

  it('has no upper end where nothing is known, and says so', () => {
    expect(embedTime(work({}))).toMatchObject({ lowSeconds: 0, highSeconds: null, boundBy: expect.stringContaining('not known') });
  });

  it('is the longer of embedding and copying', () => {
    const copy = copyTime(1_000_000, 512);
    expect(together(embedTime(limited), copy)).toMatchObject({
      boundBy: expect.stringContaining('a/one'),
      lowSeconds: embedTime(limited).lowSeconds,
    });
    expect(together(embedTime(local), copyTime(1e9, 512)).boundBy).toContain('copying');
    expect(together(embedTime(work({})), copy).highSeconds).toBeNull();
  });
});

it('says what more workers change until the provider limits them', () => {
  expect(moreWorkers(limited, 4)).toMatch(/allows 33 texts\/s, which 1 worker\(s\) reach .* more than that change nothing/);
  expect(moreWorkers(tiered, 1)).toMatch(/167 texts\/s at the lowest tier, which 2 worker\(s\) .* or 18 at the highest tier/);
  expect(moreWorkers(local, 4)).toMatch(/adds about 1700 tokens\/s/);
  expect(moreWorkers(work({}), 4)).toMatch(/No limit of a\/one is known/);
});

it.each<[number, RegExp | null]>([
  [24.9e6, /indexing it anew .* is faster/],
  [25e6, null],
  [400e9, null],
  [401e9, /takes days.*ten workers/],
])('of %d bytes says %s', (bytes, says) => {
  const said = judgeSize(bytes, 'ten workers');
  if (says === null) expect(said).toBeNull();
  else expect(said).toMatch(says);
});

it('counts vectors by their datatype, 2 m links of 4 bytes, quantised copies and payloads', () => {
  const vector = { dimensions: 100, rows: 1, bytesPerNumber: 2, onDisk: true, m: 16, quantised: 100, quantisedOnDisk: false };
  const found = footprint(10, [vector], { bytes: 50, onDisk: true });
  expect(found).toEqual({ diskBytes: 10 * (200 + 128 + 100 + 50), memoryBytes: 10 * (128 + 100) });
  // Thirty rows of late interaction: numbers and their copies thirty times, the graph once.
  const rows = footprint(10, [{ ...vector, rows: 30 }], { bytes: 50, onDisk: true });
  expect(rows.diskBytes).toBe(10 * (30 * 200 + 128 + 30 * 100 + 50));
  expect(footprint(10, [{ ...vector, onDisk: false }], { bytes: 50, onDisk: false }).memoryBytes).toBe(found.diskBytes);
});

it('counts sparse vectors by their values, and payload indexes by type and by what the sample has in their fields', () => {
  expect(sparseFootprint(50, {})).toEqual({ diskBytes: 800, memoryBytes: 315 });
  expect(sparseFootprint(50, { index: { on_disk: true } })).toEqual({ diskBytes: 800, memoryBytes: 80 });
  const payload = '{"tag":["a, b","c"],"n":7,"text":"four words of text","items":[{"k":1},{"k":2},{"k":3}]}';
  const of = (field: string, schema: unknown) => indexFootprint({ [field]: schema }, [{ payload }, { payload: '{}' }]);
  expect(of('tag', 'keyword')).toEqual({ diskBytes: 31, memoryBytes: 30 });
  expect(of('tag', { type: 'keyword', on_disk: true })).toEqual({ diskBytes: 31, memoryBytes: 6 });
  expect(of('tag', { type: 'keyword', on_disk: true, memory: 'pinned' })).toEqual({ diskBytes: 31, memoryBytes: 30 });
  expect(of('items[].k', 'integer')).toEqual({ diskBytes: 1.5 * 77, memoryBytes: 1.5 * 105 });
  expect(of('text', { type: 'text' })).toEqual({ diskBytes: 2, memoryBytes: 3.8 });
  expect(of('text', { type: 'text', phrase_matching: true })).toEqual({ diskBytes: 15, memoryBytes: 3.8 + 14.4 });
  expect(of('absent', 'uuid')).toEqual({ diskBytes: 0, memoryBytes: 0 });
  const besides = [sparseFootprint(50, {}), of('n', 'integer')];
  expect(footprint(10, [], { bytes: 5, onDisk: true }, besides)).toEqual({
    diskBytes: 10 * (5 + 800 + 38.5),
    memoryBytes: 10 * (315 + 52.5),
  });
});

describe('scripts', () => {
  it.each([
    ['Straße und Bahn', 'Latin'],
    ['трамвай идёт по line 5', 'Cyrillic'],
    ['電車は走る', 'Chinese, Japanese, Korean'],
    ['مرحبا', 'Arabic'],
    ['καλημέρα', 'Greek'],
    ['12345 !!', 'other'],
  ])('%s is %s', (text, script) => expect(scriptOf(text)).toBe(script));

  it('stand in where no language is recognised, and tokens are carried from the sample to all points', () => {
    const guessLanguage = (text: string) => (text.includes('the ') ? 'english' : null);
    expect(countLanguages(['the one', 'три', 'the two'], { countTokens: (text) => text.length, guessLanguage }, 10)).toEqual([
      { language: 'english', texts: 20, tokens: 140 },
      { language: 'Cyrillic script', texts: 10, tokens: 30 },
    ]);
  });
});
