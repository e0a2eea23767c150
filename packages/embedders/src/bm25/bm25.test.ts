import { readFileSync } from 'node:fs';
import type { Bm25Options } from '@reembed/contracts';
import type { SparseVector } from '@reembed/core';
import { startTestQdrant } from '@reembed/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBm25Encoder } from './bm25.ts';
import { languageNames, stemmerOf } from './languages.ts';

type Sparse = { readonly indices: readonly number[]; readonly values: readonly number[] };
type Case = { readonly text: string; readonly options: Bm25Options; readonly fastEmbed: Sparse; readonly server: Sparse };

/** Encoded by FastEmbed 0.9.1 (with the server's lists of stop words) and by Qdrant 1.19.0. */
const cases = JSON.parse(readFileSync(new URL('../../fixtures/bm25.json', import.meta.url), 'utf8')) as Case[];
const plain: Bm25Options = { language: 'english', stemmer: true, stopWords: null, k: 1.2, b: 0.75, avgLen: 256 };
const asF32 = ({ indices, values }: Sparse) => ({ indices: [...indices], values: values.map(Math.fround) });
const shown = ({ indices, values }: SparseVector) => ({ indices: [...indices], values: [...values] });

/** FastEmbed keeps `_` and drops 40 characters and more, and takes combining marks for the end of a word. */
const splitsOtherwise = /_|[\p{L}\p{N}]{41}|\p{M}|İ/u;

describe('the BM25 encoder', () => {
  it.each(cases)('gives what the server gives: $text', ({ text, options, server }) => {
    expect(shown(createBm25Encoder(options).document(text))).toEqual(asF32(server));
  });

  it.each(cases.filter(({ text }) => !splitsOtherwise.test(text)))('gives what FastEmbed gives: $text', ({ text, options, fastEmbed }) => {
    expect(shown(createBm25Encoder(options).document(text))).toEqual(asF32(fastEmbed));
  });

  it.each(cases.filter(({ text }) => splitsOtherwise.test(text)))(
    'follows the server where FastEmbed splits otherwise: $text',
    ({ fastEmbed, server }) => {
      expect(fastEmbed.indices).not.toEqual(server.indices);
    },
  );

  it('weighs every different token of a query with 1', () => {
    const { indices, values } = createBm25Encoder(plain).query('foxes jumping over the Fox, jumping!');
    expect([...values]).toEqual([1, 1]);
    expect(indices).toEqual(createBm25Encoder(plain).document('jump fox').indices);
  });

  it('counts the tokens it keeps', () => {
    expect(createBm25Encoder(plain).countTokens('the quick fox and the quick dog')).toBe(4);
  });

  it('leaves words as they are without a stemmer, and only the given words out', () => {
    const encoder = createBm25Encoder({ ...plain, stemmer: false, stopWords: ['Foxes'] });
    expect(encoder.query('the foxes').indices).toEqual(createBm25Encoder({ ...plain, stemmer: false, stopWords: [] }).query('the').indices);
  });

  it('has nothing to say of a text without tokens', () => {
    expect(shown(createBm25Encoder(plain).document('… the – of')).indices).toEqual([]);
  });

  it.each(languageNames)('has a stemmer or leaves words alone: %s', (language) => {
    expect(() => stemmerOf(language)?.('word')).not.toThrow();
  });
});

describe('beside a server that encodes the same texts', () => {
  let server: Awaited<ReturnType<typeof startTestQdrant>>;
  beforeAll(async () => {
    server = await startTestQdrant();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  async function call(method: string, path: string, body: object): Promise<unknown> {
    const reply = await fetch(`${server.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(reply.status).toBe(200);
    return ((await reply.json()) as { result: unknown }).result;
  }

  it('gives the same ids and weights, text by text', async () => {
    const name = server.collectionName('bm25');
    await call('PUT', `/collections/${name}`, { vectors: {}, sparse_vectors: { words: { modifier: 'idf' } } });
    const points = cases.map(({ text, options: { language, k, b, avgLen, stopWords } }, at) => {
      const stopwords = stopWords === null ? {} : { stopwords: { languages: [], custom: stopWords } };
      return { id: at, vector: { words: { text, model: 'qdrant/bm25', options: { language, k, b, avg_len: avgLen, ...stopwords } } } };
    });
    await call('PUT', `/collections/${name}/points?wait=true`, { points });
    const stored = (await call('POST', `/collections/${name}/points`, { ids: points.map(({ id }) => id), with_vector: true })) as {
      id: number;
      vector: { words: Sparse };
    }[];
    for (const { id, vector } of stored) {
      const of = cases[id];
      expect(of && shown(createBm25Encoder(of.options).document(of.text))).toEqual(asF32(vector.words));
    }
    expect(stored).toHaveLength(cases.length);
  });
});
