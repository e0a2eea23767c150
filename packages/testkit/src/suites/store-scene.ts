import type { PointId } from '@reembed/contracts';
import type { Collections, Points, PointText } from '@reembed/core';

/** Both ports over one store, and names for collections and aliases that nobody else uses. */
export type Stores = AsyncDisposable & {
  readonly collections: Collections;
  readonly points: Points;
  collectionName(prefix: string): string;
  /** Whether a payload comes back with its keys in the order they were sent in; default: kept. */
  readonly keyOrder?: 'kept' | 'lost';
};

export const twoDimensions = { vectors: { size: 2, distance: 'Dot' } };
export const everyKindOfVector = {
  vectors: {
    '': { size: 2, distance: 'Dot' },
    named: { size: 3, distance: 'Euclid', datatype: 'float16' },
    rows: { size: 2, distance: 'Dot', multivector_config: { comparator: 'max_sim' } },
  },
  sparse_vectors: { sparse: { modifier: 'idf' } },
};

export async function newCollection({ collections, collectionName }: Stores, body: Readonly<Record<string, unknown>> = twoDimensions) {
  const collection = collectionName('contract');
  await collections.create(collection, body);
  return collection;
}

export async function newFilledCollection(stores: Stores, ids: readonly PointId[]) {
  const collection = await newCollection(stores);
  await stores.points.insertOnly(
    collection,
    ids.map((id) => point(id)),
  );
  return collection;
}

export function uuid(last: number): PointId {
  return { kind: 'uuid', id: `00000000-0000-4000-8000-${String(last).padStart(12, '0')}` };
}

export function point(id: PointId, payload = `{"id":"${id.id}"}`, vectors: PointText['vectors'] = { '': '[1.0,2.0]' }): PointText {
  return { id, payload, vectors };
}

export async function everyPoint({ points }: Stores, collection: string, vectors: readonly string[] = []) {
  return (await points.scroll(collection, { offset: null, limit: 100, payload: true, vectors })).points;
}
