import type { VectorOrigin } from '@reembed/contracts';
import { createFakeCatalogue, createFakeEmbedder } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import type { ModelCallAnswer, ModelCalls } from '../ports/state.ts';
import { vectorToBase64 } from '../vector-base64.ts';
import { encodeQueries, encodersOf, unknownOld } from './query-encoders.ts';

const bm25 = { language: 'english', stemmer: true, stopWords: null, k: 1.2, b: 0.75, avgLen: 4 };
const made = { model: 'fake/4', dimensions: 4, text: '{{body}}' };

/** A fleet that has embedded everything as (3, 4, 12, 0). */
const answering: ModelCalls = {
  request: async () => {},
  forget: async () => {},
  result: async () => ({
    ok: true,
    answer: { call: 'embed', embedded: [{ vector: vectorToBase64(Float32Array.of(3, 4, 12, 0)) }] } satisfies ModelCallAnswer,
  }),
} as Partial<ModelCalls> as ModelCalls;

async function queryFor(origin: VectorOrigin): Promise<unknown> {
  const catalogue = createFakeCatalogue([createFakeEmbedder()]);
  const found = encodersOf(['v'], { origins: { v: origin }, unknown: () => 'unknown' }, catalogue);
  if ('failed' in found) return found.failed;
  const queries = await encodeQueries({ modelCalls: answering }, 'm1', found.encoders, ['a bcd']);
  if (queries === null || 'failed' in queries) return queries;
  return JSON.parse(queries.get('a bcd')?.v ?? 'null');
}

describe('the query for a vector', () => {
  it.each<[string, VectorOrigin, unknown]>([
    ['an embedded or kept one: what its model gives', made, [3, 4, 12, 0]],
    ['a cut one: the first values, renormalised', { ...made, dimensions: 2, cutFrom: 4 }, [Math.fround(0.6), Math.fround(0.8)]],
    [
      'BM25 encoded here: a sparse one, by the pinned options',
      { model: 'qdrant/bm25', dimensions: 0, text: '{{body}}', bm25 },
      { indices: [1, 3], values: [1, 1] },
    ],
    [
      'BM25 encoded by the server: a document with the options of the documents',
      { model: 'qdrant/bm25', dimensions: 0, text: '{{body}}', bm25, via: 'qdrant', options: { language: 'english', avg_len: 4 } },
      { text: 'a bcd', model: 'qdrant/bm25', options: { language: 'english', avg_len: 4 } },
    ],
    [
      'one that Qdrant embeds: a document',
      { ...made, model: 'jinaai/x', via: 'qdrant', options: { task: 'query' } },
      { text: 'a bcd', model: 'jinaai/x', options: { task: 'query' } },
    ],
    [
      'a model of another size',
      { ...made, dimensions: 3 },
      { failed: expect.stringMatching(/gives 4 dimensions and the vector "v" has 3/) },
    ],
    ['a model nobody knows', { ...made, model: 'gone/1' }, expect.stringMatching(/"v" was made by gone\/1, which is not a known model/)],
  ])('%s', async (_, origin, wanted) => {
    expect(await queryFor(origin)).toEqual(wanted);
  });

  it('that cannot be made names the vector and the way out', () => {
    const source = { vectors: { '': {} }, sparseVectors: { words: {} } } as unknown as Parameters<typeof unknownOld>[0];
    const unknown = unknownOld(source);
    expect(['', 'words', 'typo'].map(unknown)).toEqual([
      expect.stringContaining('set source.vectors."" to its model'),
      expect.stringContaining('sparse vector "words"'),
      expect.stringContaining('"typo", which the source has not'),
    ]);
  });
});
