import { describe, expect, it } from 'vitest';
import { findTexts, mayHoldText, withVectors } from './find-texts.ts';
import type { Operation } from './operations.ts';

const doc = (text: string, model = 'auto') => ({ text, model });

function found(operation: Operation, body: unknown) {
  return findTexts(operation, JSON.stringify(body)).map(({ vector, kind, text }) => `${kind} "${vector}" ${text}`);
}

describe('texts in Qdrant’s inference form are found', () => {
  it.each<[string, Operation, unknown, string[]]>([
    ['in a query', 'query', { query: doc('a'), limit: 3 }, ['query "" a']],
    ['of the vector that stands behind it', 'query', { query: doc('a'), using: 'large' }, ['query "large" a']],
    ['in nearest', 'query', { query: { nearest: doc('a'), mmr: { diversity: 0.5 } }, using: 'v' }, ['query "v" a']],
    [
      'in examples, beside ids and vectors',
      'query',
      { query: { recommend: { positive: [7, doc('a'), [0.1, 0.2]], negative: [doc('b')], strategy: 'best_score' } } },
      ['query "" a', 'query "" b'],
    ],
    [
      'in pairs',
      'query',
      { query: { discover: { target: doc('a'), context: [{ positive: doc('b'), negative: doc('c') }] } } },
      ['query "" a', 'query "" b', 'query "" c'],
    ],
    [
      'in prefetches, each of its own vector, however deep',
      'query',
      {
        prefetch: [
          { query: doc('a'), using: 'x' },
          { prefetch: { query: doc('b'), using: 'y' }, query: doc('c') },
        ],
        query: { fusion: 'rrf' },
      },
      ['query "x" a', 'query "y" b', 'query "" c'],
    ],
    [
      'in every search of a batch',
      'queries',
      { searches: [{ query: doc('a') }, { query: [0.1] }, { query: doc('b'), using: 'x' }] },
      ['query "" a', 'query "x" b'],
    ],
    [
      'in points',
      'upsert',
      {
        points: [
          { id: 1, vector: doc('a') },
          { id: 2, vector: { x: doc('b'), y: [1.5] } },
          { id: 3, vector: [1] },
        ],
      },
      ['document "" a', 'document "x" b'],
    ],
    ['in columns', 'upsert', { batch: { ids: [1, 2], vectors: [doc('a'), [1]] } }, ['document "" a']],
    ['in columns by name', 'upsert', { batch: { ids: [1], vectors: { x: [doc('a')] } } }, ['document "x" a']],
    ['in updates of vectors', 'update_vectors', { points: [{ id: 1, vector: { x: doc('a') } }] }, ['document "x" a']],
    ['by the other name that the server has for it', 'upsert', { points: [{ id: 1, vectors: { x: doc('a') } }] }, ['document "x" a']],
    ['by that name in updates of vectors', 'update_vectors', { points: [{ id: 1, vectors: doc('a') }] }, ['document "" a']],
    [
      'in batches of writes',
      'batch',
      {
        operations: [
          { upsert: { points: [{ id: 1, vector: doc('a') }] } },
          { delete: { points: [1] } },
          { update_vectors: { points: [{ id: 1, vector: doc('b') }] } },
        ],
      },
      ['document "" a', 'document "" b'],
    ],
  ])('%s', (_, operation, body, texts) => expect(found(operation, body)).toEqual(texts));
});

it.each<[string, Operation, unknown]>([
  ['a payload', 'upsert', { points: [{ id: 1, vector: [1], payload: { vector: doc('a'), text: 'b', model: 'c' } }] }],
  ['a filter', 'query', { query: [1], filter: { must: [{ key: 'model', match: { text: 'a' } }] } }],
  ['an image', 'query', { query: { image: 'http://x', model: 'clip', text: null } }],
  ['a write that has none', 'delete', { points: [1] }],
  ['vectors that bear these names', 'upsert', { points: [{ id: 1, vector: { text: [1], model: [2] } }] }],
])('%s is no text', (_, operation, body) => expect(found(operation, body)).toEqual([]));

it.each<[Operation, string]>([
  ['query', String.raw`{"query":{"te\u0078t":"a","model":"auto"}}`],
  ['query', String.raw`{"query":{"nearest":{"\u0074ext":"a","mod\u0065l":"auto"}}}`],
  ['query', String.raw`{"qu\u0065ry":{"text":"a","\u006Dodel":"auto"}}`],
  ['upsert', String.raw`{"points":[{"id":1,"v\u0065ctor":{"x":{"te\u0078t":"a","model":"auto"}}}]}`],
])('is found by names that are spelled letter by letter: %s %s', (operation, body) => {
  expect(mayHoldText(Buffer.from(body))).toBe(true);
  expect(findTexts(operation, body)).toMatchObject([{ text: 'a', model: 'auto' }]);
});

it('leaves every byte that is no text as it came', () => {
  const body =
    '{ "points":[{"id":18446744073709551615, "vector": {"text":"a\\"}","model":"auto"} ,"payload":{"n":1.0,"big":9007199254740993}}] }';
  const texts = findTexts('upsert', body);
  expect(texts.map(({ text }) => text)).toEqual(['a"}']);
  expect(withVectors(body, texts, ['[0.5]'])).toBe(
    '{ "points":[{"id":18446744073709551615, "vector": [0.5] ,"payload":{"n":1.0,"big":9007199254740993}}] }',
  );
});

it('is not looked for in a body that cannot hold one', () => {
  expect(mayHoldText(Buffer.from('{"query":[0.1,0.2],"filter":{"must":[{"key":"text"}]}}'))).toBe(false);
  expect(mayHoldText(Buffer.from(JSON.stringify({ query: doc('a') })))).toBe(true);
});

it.each<[string, (depth: number) => string]>([
  ['a query', (depth) => `{"query":${'['.repeat(depth)}{"text":"a","model":"auto"}${']'.repeat(depth)}}`],
  ['a prefetch', (depth) => `${'{"prefetch":'.repeat(depth)}{"query":{"text":"a","model":"auto"}}${'}'.repeat(depth)}`],
])('%s is followed as deep as any request of Qdrant is, and no further', (_, nested) => {
  expect(findTexts('query', nested(20)).map(({ text }) => text)).toEqual(['a']);
  expect(() => findTexts('query', nested(40))).toThrow(RangeError);
});
