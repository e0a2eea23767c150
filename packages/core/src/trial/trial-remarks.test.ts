import { specSchema } from '@reembed/contracts';
import { expect, it } from 'vitest';
import { trialRemarks } from './trial-remarks.ts';

const text = '{{body}}';
const sample = { points: 3_000, relevant: 100, ofPoints: 100_000 };
const asked = { given: 2, queries: [{ id: 'q1', text: 'one' }], basis: 'labels' } as const;

function remarks(vectors: object) {
  const spec = specSchema.parse({ name: 'x', source: { collection: 'a' }, target: { collection: 'b' }, vectors });
  return trialRemarks({ spec, plans: [], asked, sample }).filter((remark) => remark.includes('inference'));
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
  const said = (change: object) => trialRemarks({ spec, plans: [], asked, sample, ...change });
  expect(said({})).toEqual([expect.stringContaining('1 of 2 queries were not asked')]);
  expect(said({ asked: { ...asked, basis: 'known-items' } })).toEqual([]);
});

it('says where what is relevant leaves a sample little room for anything else, unless that is the whole collection', () => {
  const spec = specSchema.parse({ name: 'x', source: { collection: 'a' }, target: { collection: 'b' }, vectors: { '': { keep: '' } } });
  const said = (points: number, relevant: number, ofPoints: number) =>
    trialRemarks({ spec, plans: [], asked: { ...asked, basis: 'known-items' }, sample: { points, relevant, ofPoints } });
  expect(said(3_000, 900, 100_000)).toEqual([expect.stringMatching(/^900 of the 3,000 sampled points are relevant/)]);
  expect(said(3_000, 600, 100_000)).toEqual([]);
  expect(said(300, 150, 300)).toEqual([]);
});
