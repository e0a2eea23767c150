import { type SpecInput, specSchema } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import { bridgeOf, noBridgeToFused, searchedBridge } from './bridge.ts';

const embed = { model: 'fake/4', text: '{{body}}' };
const inPlace: SpecInput = { source: { collection: 'docs' }, target: { collection: 'docs', inPlace: true }, vectors: { new: { embed } } };
const beside: SpecInput = {
  source: { collection: 'docs' },
  target: { collection: 'docs_v2', alias: 'live' },
  vectors: { '': { keep: '' }, new: { embed } },
};
const bridge = (spec: SpecInput, more: Partial<SpecInput> = {}) => bridgeOf(specSchema.parse({ ...spec, ...more }));

describe('the bridge of a spec', () => {
  it.each([
    ['in place', inPlace],
    ['old and new side by side', beside],
  ])('leads from the vector that is asked today to the one that is filled in, %s', (_, spec) => {
    expect(bridge(spec)).toEqual({ old: '', fresh: 'new', candidates: 200 });
    const search = { old: { using: '' }, new: { using: 'new' }, bridge: { candidates: 500 } };
    expect(bridge(spec, { search })).toEqual({ old: '', fresh: 'new', candidates: 500 });
  });

  it('has no fewer candidates than applications ask hits for', () => {
    expect(bridge(inPlace, { search: { old: { limit: 500 } } })).toMatchObject({ candidates: 500 });
    expect(bridge(inPlace, { search: { new: { using: 'new', limit: 300 } } })).toMatchObject({ candidates: 300 });
  });

  it('is asked for what every shard ranks of its own, and for no more than strict mode answers', () => {
    const asked = (shards: number, strictModeConfig: Record<string, unknown> | null) => {
      const { candidates, ranked } = searchedBridge(
        { old: '', fresh: 'new', candidates: 200 },
        { params: { shard_number: shards }, strictModeConfig },
      );
      return [candidates, ranked];
    };
    expect(asked(1, null)).toEqual([200, 200]);
    expect(asked(3, null)).toEqual([200, 600]);
    expect(asked(3, { enabled: true, max_query_limit: 500 })).toEqual([200, 500]);
    expect(asked(3, { enabled: true, max_query_limit: 100 })).toEqual([100, 100]);
    expect(asked(3, { enabled: false, max_query_limit: 100 })).toEqual([200, 600]);
  });

  it('takes the dense one of several, and of several dense ones that which search.new asks', () => {
    const words = { bm25: { text: '{{body}}' } };
    expect(bridge(inPlace, { vectors: { new: { embed }, words } })).toMatchObject({ fresh: 'new' });
    const two = { new: { embed }, other: { embed } };
    expect(bridge(inPlace, { vectors: two })).toBeNull();
    expect(bridge(inPlace, { vectors: two, search: { new: { using: 'other' } } })).toMatchObject({ fresh: 'other' });
  });

  it.each<[string, SpecInput, Partial<SpecInput>]>([
    ['the old vector does not go along', beside, { vectors: { new: { embed } } }],
    ['it goes along under another name', beside, { vectors: { old: { keep: '' }, new: { embed } } }],
    ['search.old asks what is filled in', inPlace, { search: { old: { using: 'new' } } }],
    ['search.new asks what is there already', inPlace, { search: { new: { using: 'there' } } }],
    ['only words are filled in', inPlace, { vectors: { words: { bm25: { text: '{{body}}' } } } }],
    ['applications fuse lists today', inPlace, { search: { old: { prefetch: [{}, { using: 'words' }], fusion: 'rrf' } } }],
    ['they are going to', inPlace, { search: { new: { prefetch: [{}, { using: 'new' }], fusion: 'rrf' } } }],
  ])('is none where %s', (_, spec, more) => {
    expect(bridge(spec, more)).toBeNull();
  });

  it.each<[string, SpecInput, Partial<SpecInput>, RegExp]>([
    [
      'today, in place',
      inPlace,
      { search: { old: { prefetch: [{}, { using: 'words' }], fusion: 'rrf' } } },
      /to "new" .* search\.old fuses/,
    ],
    ['later, beside', beside, { search: { new: { prefetch: [{}, { using: 'new' }], fusion: 'rrf' } } }, /to "new" .* search\.new fuses/],
  ])('is said to be none, and why, where lists are fused %s', (_, spec, more, says) => {
    expect(noBridgeToFused(specSchema.parse({ ...spec, ...more }))).toMatch(says);
  });

  it('is not missed where nothing dense is filled in, or no list is fused', () => {
    const fused = { search: { old: { prefetch: [{}, { using: 'words' }], fusion: 'rrf' as const } } };
    expect(noBridgeToFused(specSchema.parse({ ...inPlace, ...fused, vectors: { words: { bm25: { text: '{{body}}' } } } }))).toBeNull();
    expect(noBridgeToFused(specSchema.parse({ ...beside, ...fused, vectors: { new: { embed } } }))).toBeNull();
    expect(noBridgeToFused(specSchema.parse(inPlace))).toBeNull();
  });
});
