import { specSchema } from '@reembed/contracts';
import { expect, it } from 'vitest';
import { trialRemarks } from './trial-remarks.ts';

const text = '{{body}}';
const asked = { given: 2, queries: [{ id: 'q1', text: 'one' }], basis: 'labels' } as const;

function remarks(vectors: object) {
  const spec = specSchema.parse({ name: 'x', source: { collection: 'a' }, target: { collection: 'b' }, vectors });
  return trialRemarks(spec, [], asked).filter((remark) => remark.includes('inference'));
}

it('says what Qdrant makes again, and is billed again, in every run', () => {
  const sparse = { sparse: { model: 'prithivida/splade-pp', text } };
  const rows = { multivector: { model: 'colbert-ir/colbertv2.0', dimensions: 96, text } };
  const dense = { embed: { model: 'openai/text-embedding-3-small', via: 'qdrant', dimensions: 256, text } };
  expect(remarks({ '': dense, words: sparse, rows, again: rows })).toEqual([
    expect.stringMatching(
      /^openai\/text-embedding-3-small, prithivida\/splade-pp(,| and) colbert-ir\/colbertv2\.0: made by Qdrant.*billed, again\.$/,
    ),
  ]);
});

it('says nothing of the kind of what workers ask for, or of what no model makes', () => {
  const byWorkers = { sparse: { via: 'worker', model: 'tei/splade', text } };
  expect(
    remarks({ '': { keep: '' }, '2': { embed: { model: 'fake/good', text } }, learned: byWorkers, words: { bm25: { text } } }),
  ).toEqual([]);
});

it('says how many queries were not asked', () => {
  const spec = specSchema.parse({ name: 'x', source: { collection: 'a' }, target: { collection: 'b' }, vectors: { '': { keep: '' } } });
  expect(trialRemarks(spec, [], asked)).toEqual([expect.stringContaining('1 of 2 queries were not asked')]);
  expect(trialRemarks(spec, [], { ...asked, basis: 'known-items' })).toEqual([]);
});
