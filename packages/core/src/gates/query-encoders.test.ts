import type { VectorOrigin } from '@reembed/contracts';
import { buildAdapterHeader, createFakeAdapters, createFakeCatalogue, createFakeEmbedder } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { vectorToBase64 } from '../domain/vector-base64.ts';
import type { VectorShape } from '../ports/embedder.ts';
import type { ModelCallAnswer, ModelCalls } from '../ports/fleet.ts';
import { encodeQueries, encodersOf, unknownOld } from './query-encoders.ts';

const bm25 = { language: 'english', stemmer: true, stopWords: null, k: 1.2, b: 0.75, avgLen: 4 };
const made = { model: 'fake/4', dimensions: 4, text: '{{body}}' };
const header = buildAdapterHeader({
  from: { model: 'fake/4', dimensions: 4, text: null },
  to: { model: 'new/5', dimensions: 5, text: '{{body}}' },
});
const learnedMaps = createFakeAdapters({ 'map.json': header });
const projected = { from: 'fake/4', fromDimensions: 4, adapter: 'map.json', sha256: header.sha256 };
/** Documents that a map brought into the space of a model of five dimensions. */
const mapped = { model: 'new/5', dimensions: 5, text: '{{body}}', projected: { ...projected, queries: 'old' as const } };

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
  const queries = await encodeQueries({ modelCalls: answering, learnedMaps }, 'm1', found.encoders, ['a bcd']);
  if (queries === null || 'failed' in queries) return queries;
  return JSON.parse(queries.get('a bcd')?.v ?? 'null');
}

describe('the query for words and rows that a server makes', () => {
  const shaped = async (shape: VectorShape, dimensions: number) => {
    const catalogue = createFakeCatalogue([createFakeEmbedder()], { shape });
    const found = encodersOf(['v'], { origins: { v: { ...made, dimensions } }, unknown: () => 'unknown' }, catalogue);
    if ('failed' in found) return found.failed;
    const queries = await encodeQueries({ modelCalls: answering, learnedMaps }, 'm1', found.encoders, ['a bcd']);
    return queries === null || 'failed' in queries ? queries : queries.get('a bcd')?.v;
  };

  it('is what the server makes of it, however long', async () => {
    expect(await shaped('words', 0)).toBe('{"indices":[3,12],"values":[4,0]}');
    expect(await shaped('rows', 2)).toBe('[[3.0,4.0],[12.0,0.0]]');
  });
});

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
    [
      'a mapped one that the new model asks: what that gives, as it is',
      { ...made, projected: { ...projected, queries: 'new' } },
      [3, 4, 12, 0],
    ],
    ['a mapped one that the old model asks: what that gives, through the same map', mapped, [3, 4, 12, 0, 1]],
    [
      'a mapped one whose old model nobody knows',
      { ...mapped, projected: { ...mapped.projected, from: null } },
      expect.stringMatching(/set source\.vectors/),
    ],
    [
      'a mapped one whose old model is of another size',
      { ...mapped, projected: { ...mapped.projected, fromDimensions: 3 } },
      { failed: 'fake/4 gives 4 dimensions and map.json maps 3: it is not what made the old vectors' },
    ],
    ['a model nobody knows', { ...made, model: 'gone/1' }, expect.stringMatching(/"v" are made by gone\/1, which is not a known model/)],
  ])('%s', async (_, origin, wanted) => {
    expect(await queryFor(origin)).toEqual(wanted);
  });

  it('is not made by another map than the documents were', async () => {
    const other = queryFor({ ...mapped, projected: { ...mapped.projected, sha256: 'b'.repeat(64) } });
    await expect(other).rejects.toMatchObject({ code: 'adapter-changed' });
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
