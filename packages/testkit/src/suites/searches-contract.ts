import type { Collections, Points, QueryText, Searches } from '@reembed/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildProfile } from '../builders/build-documents.ts';

export type SearchesUnderTest = AsyncDisposable & {
  readonly collections: Collections;
  readonly points: Points;
  readonly searches: Searches;
  collectionName(prefix: string): string;
};

const huge = String(2n ** 64n - 1n);
const cities: readonly (readonly [id: string, payload: string, vectors: Readonly<Record<string, string>>])[] = [
  ['1', '{"city":"Bern","meta":{"size":1},"body":"one"}', { '': '[1.0,0.0]', far: '[0.0,0.0]', words: '{"indices":[1],"values":[1.0]}' }],
  [
    '2',
    '{"city":"Rome","body":"two","serial":9007199254740993}',
    { '': '[0.8,0.6]', far: '[3.0,4.0]', words: '{"indices":[2],"values":[5.0]}' },
  ],
  [huge, '{"city":"Bern","serial":9007199254740992}', { '': '[0.0,1.0]', far: '[9.0,12.0]', words: '{"indices":[2],"values":[2.0]}' }],
];

/** What the port Searches promises; the adapter and the fake run it. */
export function runSearchesContract(name: string, make: () => Promise<SearchesUnderTest>): void {
  describe(`${name} keeps the promises of Searches`, () => {
    let on: SearchesUnderTest;
    let collection: string;
    beforeAll(async () => {
      on = await make();
      collection = on.collectionName('searches');
      await on.collections.create(collection, {
        vectors: { '': { size: 2, distance: 'Dot' }, far: { size: 2, distance: 'Euclid' } },
        sparse_vectors: { words: {} },
      });
      await on.points.insertOnly(
        collection,
        cities.map(([id, payload, vectors]) => ({ id: { kind: 'integer', id }, payload, vectors })),
      );
    });
    afterAll(() => on[Symbol.asyncDispose]());

    async function found(given: object, queries: Readonly<Record<string, QueryText>>, change: { exact?: boolean; limit?: number } = {}) {
      const request = { profile: buildProfile(given), queries, exact: true, fields: [], ...change };
      const { hits } = await on.searches.search(collection, request);
      return hits.map(({ id, score }) => [id.id, Number(score.toFixed(4))]);
    }

    it.each([true, false])('finds the nearest first, with exact ids and scores (exact: %s)', async (exact) => {
      expect(await found({}, { '': '[1.0,0.1]' }, { exact })).toEqual([
        ['1', 1],
        ['2', 0.86],
        [huge, 0.1],
      ]);
    });

    it('takes words about quantized vectors', async () => {
      const request = { profile: buildProfile(), queries: { '': '[1.0,0.1]' }, exact: false, fields: [] };
      const { hits } = await on.searches.search(collection, { ...request, quantization: { rescore: true, oversampling: 2 } });
      expect(hits.map(({ id }) => id.id)).toEqual(['1', '2', huge]);
    });

    it('takes how many candidates the index looks at', async () => {
      const request = { profile: buildProfile(), queries: { '': '[1.0,0.1]' }, exact: false, fields: [], ef: 16 };
      const { hits } = await on.searches.search(collection, request);
      expect(hits.map(({ id }) => id.id)).toEqual(['1', '2', huge]);
    });

    it('says distances where the vector has one, smallest first', async () => {
      expect(await found({ using: 'far', limit: 2 }, { far: '[3.0,4.0]' })).toEqual([
        ['2', 0],
        ['1', 5],
      ]);
    });

    it('asks sparse vectors', async () => {
      expect(await found({ using: 'words' }, { words: '{"indices":[2],"values":[1.0]}' })).toEqual([
        ['2', 5],
        [huge, 2],
      ]);
    });

    it('obeys the filter and the limit of the profile, unless another limit is asked', async () => {
      const filter = { must: [{ key: 'city', match: { value: 'Bern' } }] };
      expect(await found({ filter, limit: 1 }, { '': '[0.0,1.0]' })).toEqual([[huge, 1]]);
      expect(await found({ filter, limit: 1 }, { '': '[0.0,1.0]' }, { limit: 5 })).toHaveLength(2);
    });

    it('keeps every digit of a filter, in the profile and in its candidate lists', async () => {
      const filter = '{"must":[{"key":"serial","match":{"value":9007199254740993}}]}';
      const query = { '': '[1.0,0.0]' };
      expect(await found({ filter }, query)).toEqual([['2', 0.8]]);
      expect(await found({ prefetch: [{ filter }] }, query)).toEqual([['2', 0.8]]);
    });

    const hybrid = [
      { using: '', limit: 2 },
      { using: 'words', limit: 2 },
    ];
    const queries = { '': '[1.0,0.0]', words: '{"indices":[2],"values":[1.0]}' };

    it('fuses candidate lists by reciprocal rank', async () => {
      // Ranks: point 2 is second and first, 1/(2+1) + 1/(2+0); 1 is first of one list, the last second of the other.
      expect(await found({ prefetch: hybrid, fusion: 'rrf' }, queries)).toEqual([
        ['2', 0.8333],
        ['1', 0.5],
        [huge, 0.3333],
      ]);
    });

    it('fuses candidate lists by reciprocal rank with a k and weights of their own', async () => {
      // Of the first list places count a third: point 2 is second and first, 1/(2/3+59) + 1/(1+59).
      const hits = await found({ prefetch: hybrid, fusion: 'rrf', rrf: { k: 60, weights: [3, 1] } }, queries);
      expect(hits).toEqual([
        ['2', 0.0334],
        ['1', 0.0169],
        [huge, 0.0164],
      ]);
    });

    it('fuses candidate lists by the distribution of their scores', async () => {
      const hits = await found({ prefetch: hybrid, fusion: 'dbsf' }, queries);
      expect(hits[0]?.[0]).toBe('2');
      expect(hits.map(([id]) => id).sort()).toEqual(['1', huge, '2'].sort());
    });

    it('ranks candidates anew where nothing fuses them', async () => {
      const prefetch = [{ using: 'words', limit: 2 }];
      expect(await found({ prefetch }, queries)).toEqual([
        ['2', 0.8],
        [huge, 0],
      ]);
    });

    it('leaves out of the candidates those that lack the vector which ranks them', async () => {
      const partly = on.collectionName('partly');
      await on.collections.create(partly, { vectors: { '': { size: 2, distance: 'Dot' }, new: { size: 2, distance: 'Dot' } } });
      const vectors = [
        { '': '[1.0,0.0]' },
        { '': '[0.9,0.0]', new: '[0.0,0.5]' },
        { '': '[0.8,0.0]' },
        { '': '[0.7,0.0]', new: '[0.0,1.0]' },
      ];
      const points = vectors.map((given, at) => ({ id: { kind: 'integer' as const, id: String(at + 1) }, payload: '{}', vectors: given }));
      await on.points.insertOnly(partly, points);
      const ask = async (profile: object) => {
        const asked = { '': '[1.0,0.0]', new: '[0.0,1.0]' };
        const { hits } = await on.searches.search(partly, { profile: buildProfile(profile), queries: asked, exact: true, fields: [] });
        return hits.map(({ id }) => id.id);
      };
      expect(await ask({})).toEqual(['1', '2', '3', '4']);
      expect(await ask({ using: 'new', prefetch: [{ limit: 4 }] })).toEqual(['4', '2']);
      expect(await ask({ using: 'new', prefetch: [{ limit: 3 }] })).toEqual(['2']);
    });

    it('brings the payload fields asked for, as the text they came in, and how long it took', async () => {
      const request = { profile: buildProfile({ limit: 1 }), queries: { '': '[1.0,0.0]' }, exact: true, fields: ['meta.size', 'body'] };
      const { hits, tookMs } = await on.searches.search(collection, request);
      expect(JSON.parse(hits[0]?.payload ?? '')).toEqual({ meta: { size: 1 }, body: 'one' });
      expect(tookMs).toBeGreaterThanOrEqual(0);
    });

    it('refuses what the collection has not', async () => {
      await expect(found({ using: 'none' }, { none: '[1.0]' })).rejects.toMatchObject({ code: 'qdrant-refused' });
      const request = { profile: buildProfile(), queries: { '': '[1.0,0.0]' }, exact: true, fields: [] };
      await expect(on.searches.search(on.collectionName('absent'), request)).rejects.toMatchObject({ code: 'qdrant-not-found' });
    });

    it('throws the reason of a signal that has fired', async () => {
      const signal = AbortSignal.abort(new Error('enough'));
      const request = { profile: buildProfile(), queries: { '': '[1.0,0.0]' }, exact: true, fields: [], signal };
      await expect(on.searches.search(collection, request)).rejects.toThrow('enough');
    });
  });
}
