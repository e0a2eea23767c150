import type { Collections, Points } from '@reembed/core';
import { createFakeStores } from '@reembed/testkit';
import { expect, it } from 'vitest';
import { createQdrantLateWrites } from './qdrant-late-writes.ts';
import { createQdrantRecords } from './qdrant-records.ts';
import { createQdrantSetAside } from './qdrant-set-aside.ts';

/** A server in memory that says of each reading whether a majority of replicas was asked. */
function startServer() {
  const stores = createFakeStores();
  const asked: { readonly what: string; readonly majority: boolean }[] = [];
  const ask = (what: string, options?: { readonly majority?: boolean | undefined }) =>
    void asked.push({ what, majority: options?.majority === true });
  const collections: Collections = {
    ...stores.collections,
    count(name, filter, options) {
      ask('count', options);
      return stores.collections.count(name, filter);
    },
  };
  const points: Points = {
    ...stores.points,
    scroll(name, request) {
      ask('scroll', request);
      return stores.points.scroll(name, request);
    },
    retrieve(name, request) {
      ask('retrieve', request);
      return stores.points.retrieve(name, request);
    },
  };
  return { collections, points, asked };
}

it('late writes, what is set aside and records are read at a majority of replicas: acts go by them', async () => {
  const { asked, ...stores } = startServer();
  const id = { kind: 'integer', id: '1' } as const;
  const lateWrites = createQdrantLateWrites(stores);
  await lateWrites.put('m1', [{ kind: 'missing', id }]);
  await lateWrites.page('m1', null, 10);
  await lateWrites.count('m1', 'missing');
  const setAside = createQdrantSetAside(stores);
  await setAside.put('m1', [{ id, vector: 'new', payloadHash: 'hash', reason: 'no text', code: 'no-text' }]);
  await setAside.page('m1', null, 10);
  await setAside.among('m1', [id]);
  await setAside.accept('m1', { all: true });
  await setAside.count('m1');
  const records = createQdrantRecords(stores);
  await records.keepText('m1', 'hash', 'text');
  await records.text('m1', 'hash');
  await records.load('m1').catch(() => null);
  await records.list();
  expect(new Set(asked.map(({ what }) => what))).toEqual(new Set(['count', 'scroll', 'retrieve']));
  expect(asked.filter(({ majority }) => !majority)).toEqual([]);
});
