import { describe, expect, it } from 'vitest';
import { specSchema } from './spec.ts';

type Gates = { readonly queries?: unknown[]; readonly qrels?: unknown[] };
const query = (id: string, text = 'words') => ({ id, text });
const qrel = (query: string, document: string, relevance = 1) => ({ query, document, relevance });

function faultsOf(gates: Gates): string[] {
  const spec = { name: 'a', source: { collection: 'old' }, target: { collection: 'new' }, vectors: { '': { keep: '' } }, gates };
  const { error } = specSchema.safeParse(spec);
  return (error?.issues ?? []).map(({ path, message }) => `${path.slice(1).join('.')} ${message}`);
}

describe('labelled queries', () => {
  it('may be there without judgements, all of them or some', () => {
    expect(faultsOf({ queries: [query('1')] })).toEqual([]);
    expect(faultsOf({ queries: [query('1'), query('2')], qrels: [qrel('1', 'a'), qrel('1', 'b', 0)] })).toEqual([]);
  });

  it.each<[string, Gates, RegExp]>([
    ['an id that is there twice', { queries: [query('1'), query('1')] }, /^queries\.1\.id is there twice/],
    ['an empty text', { queries: [query('1', ' \n')] }, /^queries\.0\.text is empty/],
    ['a judgement of an unknown query', { queries: [query('1')], qrels: [qrel('1', 'a'), qrel('2', 'a')] }, /^qrels\.1\.query is no id in/],
    [
      'a document judged twice',
      { queries: [query('1')], qrels: [qrel('1', 'a'), qrel('1', 'a', 0)] },
      /^qrels\.1\.document is judged twice/,
    ],
    ['judgements of which none is relevant', { queries: [query('1')], qrels: [qrel('1', 'a', 0)] }, /^qrels judge no document relevant/],
    ['judgements without queries', { qrels: [qrel('1', 'a')] }, /^qrels\.0\.query is no id in gates\.queries/],
    ['half a relevance', { queries: [query('1')], qrels: [qrel('1', 'a', 0.5)] }, /^qrels\.0\.relevance/],
    ['too many queries', { queries: Array.from({ length: 5_001 }, (_, id) => query(String(id))) }, /^queries .*5000/],
  ])('are refused with %s', (_, gates, fault) => {
    expect(faultsOf(gates)).toEqual([expect.stringMatching(fault)]);
  });

  it('name the first faults of a kind, not one for every line', () => {
    const qrels = Array.from({ length: 500 }, (_, at) => qrel('unknown', String(at)));
    expect(faultsOf({ queries: [query('1')], qrels })).toHaveLength(10);
  });
});
