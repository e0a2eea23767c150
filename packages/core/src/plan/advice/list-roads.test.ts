import { buildAdapterHeader } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { expectedInWords, expectedOf, harmfulInWords, isHarmful, isWorthIt } from '../../domain/map-worth.ts';
import { type Change, decide } from './decide.ts';
import { listOptions } from './list-roads.ts';
import type { OptionFacts } from './road.ts';

const points = 100_000_000;
const plain = { distance: 'Cosine', space: null, said: null };
const change: Change = {
  ...{ vector: '', recipe: 'embed', points, textless: 0, isRenamed: false },
  old: { model: 'a/old', dimensions: 512, text: '{{body}}', unitLength: true, retired: null, fingerprint: 'confirmed', ...plain },
  fresh: { model: 'a/new', dimensions: 512, text: '{{body}}', cuttable: false, ...plain },
};
const size = { dimensions: 512, rows: 1, bytesPerNumber: 4, onDisk: false, m: 16, quantised: 0, quantisedOnDisk: false };
const spread = { p50: 800, p95: 900, max: 1_000 };
const embed: OptionFacts['embeds'][number] = {
  ...{ vector: '', model: 'a/new', takenFor: null, documentPrefix: '', queryPrefix: '', dimensions: 512 },
  ...{ sampledTexts: 64, missingTexts: 0, keptTexts: 0, chars: spread, tokens: spread, tokenCount: 'exact' },
  ...{ totalTokens: points * 200, priceUsd: 400, batchPriceUsd: 200, overLimit: 0 },
};
const nothing = { diskBytes: 0, memoryBytes: 0 };

/** What is recommended where the model takes so many tokens a minute and nothing else limits it. */
function starred(tokensPerMinute: number, given: Partial<OptionFacts> = {}): string | undefined {
  const limits = {
    maxInputs: 2_048,
    maxInputTokens: 8_192,
    maxRequestTokens: 300_000,
    requestsPerMinute: null,
    inputsPerMinute: null,
    tokensPerMinute,
  };
  const work = { model: 'a/new', texts: points, tokens: points * 200, limits, record: null, workers: 2, textsPerRequest: 256 };
  const options = listOptions({
    ...{ collection: 'docs', points, serverVersion: '1.19.0', decisions: [decide(change)], changes: [change], chosen: new Set() },
    ...{ embeds: [embed], work: [work], queriesStay: false, payload: { bytes: 500, onDisk: true }, oldVectors: [size], newVectors: [size] },
    ...{ requantizes: false, sparse: { old: nothing, fresh: nothing }, words: nothing, indexes: nothing, sameSpace: false },
    ...{ cutOverlaps: [], cutSizes: [], mapsPay: [true], maps: [{ from: 512, to: 512, landmarks: 1_024 }], workers: 2 },
    ...given,
  });
  return options.find(({ recommended }) => recommended)?.kind;
}

describe('a learned map for a hundred million points', () => {
  // Copying and indexing as measured takes 16 hours at most; 20 bn tokens in that time are 21 million a minute.
  it('is starred where it was measured to pay, and embedding takes much longer than copying', () => {
    expect(starred(1_000_000)).toBe('project');
  });

  it('is no shortcut where every text is surely embedded as soon as every vector is copied', () => {
    expect(starred(1_000_000_000)).toBe('new-collection');
  });

  it('is not starred where one that the spec names does not pay, nor where none was measured', () => {
    expect(starred(1_000_000, { mapsPay: [true, false] })).toBe('new-collection');
    expect(starred(1_000_000, { mapsPay: [] })).toBe('new-collection');
  });

  it('is no shortcut where the map itself takes as long as the texts', () => {
    // Four days of arithmetic on two cores, and 20 bn tokens in two.
    const map = { from: 4_096, to: 4_096, landmarks: 1_024 };
    expect(starred(8_000_000, { maps: [map] })).toBe('project');
    expect(starred(8_000_000, { maps: [{ ...map, landmarks: 8_192 }] })).toBe('new-collection');
  });
});

describe('a map that finds no more than the old vectors do', () => {
  const header = buildAdapterHeader();
  const { fit } = header;

  it('is said to do harm, with both shares', () => {
    const harmful = { ...header, fit: { ...fit, oldOverlapAt10: 0.5 } };
    expect(isHarmful(harmful)).toBe(true);
    expect(harmfulInWords(harmful)).toMatch(
      /mapped vectors find 42 % of the ten nearest by true ones, and the old vectors as they are 50 %/,
    );
  });

  it('is not taken for one where it finds more, or nobody measured it', () => {
    expect(isHarmful(header)).toBe(false);
    const { oldOverlapAt10: _, ...unmeasured } = fit;
    expect(isHarmful({ ...header, fit: unmeasured })).toBe(false);
  });
});

describe('a map by the size of the collection', () => {
  const header = buildAdapterHeader();
  const measured = (ofQuarter: { readonly overlapAt10: number; readonly oldOverlapAt10: number }) => ({
    ...header,
    fit: { ...header.fit, heldOut: 2_000, ofQuarter },
  });
  // 0.42 and 0.3 among 2,000 documents.
  const lasting = measured({ overlapAt10: 0.5, oldOverlapAt10: 0.36 });
  const falling = measured({ overlapAt10: 0.7, oldOverlapAt10: 0.31 });

  it('keeps with every doubling what it kept from a quarter of the held-out pairs to the whole', () => {
    expect(expectedOf(lasting, 8_000)).toEqual({ mapped: expect.closeTo(0.42 * 0.84), old: expect.closeTo(0.25) });
    expect(expectedInWords(lasting, 8_000)).toMatch(/Among 8,000 points about 35 % are expected, and 25 % by the old vectors/);
  });

  it('pays as long as it is expected to find more than the old vectors', () => {
    expect(isWorthIt(lasting, 100_000_000)).toBe(true);
    expect(isWorthIt(falling, 2_000)).toBe(true);
    expect(isWorthIt(falling, 8_000)).toBe(false);
  });

  it('is not seen to pay where that was not measured, and says what would', () => {
    expect(isWorthIt(header, 1_000)).toBe(false);
    expect(expectedInWords(header, 1_000)).toMatch(/was not measured: fit it again, with 800 pairs or more/);
  });
});
