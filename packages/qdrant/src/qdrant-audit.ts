import { auditCollection, type PointId } from '@reembed/contracts';
import { type AuditTrail, auditIdFrom, type Collections, type Points } from '@reembed/core';
import { atMajority, ensureCollection } from './own-points.ts';
import { orAbsent } from './translate-qdrant-error.ts';

/** Lines that are taken away in one request. */
const batch = 1_000;

type Stores = { readonly collections: Collections; readonly points: AuditPoints };
type AuditPoints = Pick<Points, 'insertOnly' | 'scroll' | 'scrollIds' | 'remove'>;

/**
 * The audit trail as a collection without vectors: a line is a point, and its id, a UUID of version 7, puts the points in the order of time, so that a page
 * is a scroll and needs no index. Qdrant itself refuses to change what is there (`insert_only`).
 */
export function createQdrantAudit({ collections, points }: Stores, collection: string = auditCollection): AuditTrail {
  /** The ids of the oldest lines, some of them at a time. */
  const oldest = (limit: number) => orAbsent(points.scrollIds(collection, { offset: null, limit }), { ids: [], next: null });

  async function removeOldest(howMany: number): Promise<number> {
    let removed = 0;
    while (removed < howMany) {
      const { ids } = await oldest(Math.min(batch, howMany - removed));
      if (ids.length === 0) break;
      await points.remove(collection, ids);
      removed += ids.length;
    }
    return removed;
  }

  async function removeBefore(id: string): Promise<number> {
    for (let removed = 0; ; ) {
      const { ids } = await oldest(batch);
      const old = ids.filter((line) => line.id < id);
      if (old.length > 0) await points.remove(collection, old);
      removed += old.length;
      if (old.length < batch) return removed;
    }
  }

  return {
    async append(entry) {
      await ensureCollection(collections, collection);
      await points.insertOnly(collection, [{ id: uuid(entry.id), payload: JSON.stringify(entry), vectors: {} }]);
    },
    async page(from, limit) {
      const request = { offset: from === null ? null : uuid(from), limit, payload: true, vectors: [], ...atMajority };
      const found = await orAbsent(points.scroll(collection, request), { points: [], next: null });
      return { lines: found.points.map(({ payload }) => payload), next: found.next?.id ?? null };
    },
    async prune(beforeMs, most) {
      const old = await removeBefore(auditIdFrom(beforeMs));
      const left = await orAbsent(collections.count(collection), 0);
      return old + (await removeOldest(left - most));
    },
  };
}

function uuid(id: string): PointId {
  return { kind: 'uuid', id };
}
