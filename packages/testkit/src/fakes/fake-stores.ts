import type { PointId } from '@reembed/contracts';
import type { PointText, Searches } from '@reembed/core';
import type { Stores } from '../suites/store-scene.ts';
import { createFakeCollections, type FakeServerOptions } from './fake-collections.ts';
import { createFakePoints } from './fake-points.ts';
import { searchPoints } from './fake-searches.ts';
import { createMemoryStore, dropPoints, putPoints } from './memory-store.ts';

export type FakeStores = Stores & {
  readonly searches: Searches;
  /** Every act that changes something, in order, such as `pointAlias docs docs_v2`. */
  readonly acts: string[];
  /** The points of a collection (no alias), in scroll order. */
  pointsOf(collection: string): readonly PointText[];
  /** What applications do, past every rule of the ports. */
  put(collection: string, points: readonly PointText[]): void;
  remove(collection: string, ids: readonly PointId[]): void;
};

/** Collections, Points and Searches over one store in memory. */
export function createFakeStores(options: FakeServerOptions = {}): FakeStores {
  const store = createMemoryStore();
  const { get } = store;
  let names = 0;
  return {
    collections: createFakeCollections(store, options),
    points: createFakePoints(store),
    searches: {
      async search(collection, request) {
        request.signal?.throwIfAborted();
        return { hits: searchPoints(get(collection), request), tookMs: 1 };
      },
    },
    acts: store.acts,
    collectionName: (prefix) => `${prefix}-${++names}`,
    pointsOf: (collection) => get(collection).points,
    put: (collection, fresh) => putPoints(get(collection), fresh),
    remove: (collection, ids) => dropPoints(get(collection), ids),
    async [Symbol.asyncDispose]() {},
  };
}
