import { buildAdapterHeader } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { harmfulInWords, isHarmful } from '../../domain/map-worth.ts';
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
    ...{ cutOverlaps: [], cutSizes: [], mapHarms: false },
    ...given,
  });
  return options.find(({ recommended }) => recommended)?.kind;
}

describe('a learned map for a hundred million points', () => {
  // Copying and indexing as measured takes 16 hours at most; 20 bn tokens in that time are 21 million a minute.
  it('is starred where embedding them takes much longer than copying them', () => {
    expect(starred(1_000_000)).toBe('project');
  });

  it('is no shortcut where every text is surely embedded as soon as every vector is copied', () => {
    expect(starred(1_000_000_000)).toBe('new-collection');
  });

  it('is not starred where the one that the spec names does harm', () => {
    expect(starred(1_000_000, { mapHarms: true })).toBe('new-collection');
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
