import { operationOf } from '@reembed/client';
import { expect, it } from 'vitest';
import { askedCollection, withoutHost } from './asked-collection.ts';

it.each([
  '/collections/docs/points?wait=true',
  '/collections/docs/points/?wait=true',
  '//collections//docs/points?wait=true',
  '/collections/d%6Fcs/%70oints?wait=true',
  '/collections/docs/points?wait=true#x',
  'http://127.0.0.1:8766/collections/docs/points?wait=true',
  'HTTP://127.0.0.1:8766/collections/docs/points?wait=true',
  'ws://127.0.0.1:8766/collections/docs/points?wait=true',
])('%s is a write to "docs", as it is to the server', (url) => {
  const asked = askedCollection(url);
  expect(asked).toEqual({ name: 'docs', rest: '/points', query: '?wait=true' });
  expect(operationOf('PUT', asked?.rest ?? '')).toBe('upsert');
});

it.each(['/collections', '/aliases', '/', '/v1/collections/docs/points'])('%s is of no collection', (url) =>
  expect(askedCollection(url)).toBeNull(),
);

it('a slash that is spelled out parts nothing, here as there', () => {
  expect(askedCollection('/collections/a%2Fb/points%2Fquery')).toEqual({ name: 'a/b', rest: '/points%2Fquery', query: '' });
  expect(operationOf('POST', '/points%2Fquery')).toBeNull();
});

it('what cannot be decoded stays as it stands', () => {
  expect(askedCollection('/collections/%zz/points')).toMatchObject({ name: '%zz' });
});

it.each([
  ['/collections?x=1', '/collections?x=1'],
  ['//evil.example/collections', '//evil.example/collections'],
  ['http://127.0.0.1/collections', '/collections'],
  ['WS://127.0.0.1/collections?x=http://a/b', '/collections?x=http://a/b'],
  ['http://127.0.0.1', '/'],
  ['http://127.0.0.1?x=1', '/?x=1'],
])('%s is sent on as %s', (url, path) => expect(withoutHost(url)).toBe(path));

it.each(['*', '?x=1', 'collections'])('%s is no address of a server', (url) =>
  expect(() => withoutHost(url)).toThrow(expect.objectContaining({ code: 'invalid-request' })),
);
