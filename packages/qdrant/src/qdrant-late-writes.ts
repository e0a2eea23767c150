import { findingKindSchema, pointIdSchema } from '@reembed/contracts';
import { type Collections, type LateWrites, type Listed, type Points, type PointText, parsePointId } from '@reembed/core';
import { atMajority, ensureCollection, idOfWords } from './own-points.ts';
import { orAbsent } from './translate-qdrant-error.ts';

/** Collection that keeps the late writes of a migration: one point for each kind of difference of a point, without vectors. */
export function lateWritesCollection(migrationId: string): string {
  return `reembed.${migrationId}.late-writes`;
}

/** Late writes in a collection of their own beside the target: it is made with the first, outlives Redis, and holds as many as there are. */
export function createQdrantLateWrites({
  collections,
  points,
}: {
  readonly collections: Collections;
  readonly points: Points;
}): LateWrites {
  return {
    async put(id, late) {
      if (late.length === 0) return;
      await ensureCollection(collections, lateWritesCollection(id));
      await points.insertOnly(lateWritesCollection(id), late.map(toPoint));
    },
    async page(id, cursor, limit) {
      const offset = cursor === null ? null : parsePointId(cursor);
      const request = { offset, limit, payload: true, vectors: [], ...atMajority };
      const page = await orAbsent(points.scroll(lateWritesCollection(id), request), { points: [], next: null });
      return { lateWrites: page.points.map(toListed), next: page.next?.id ?? null };
    },
    count: (id, kind) => {
      const filter = { must: [{ key: 'kind', match: { value: kind } }] };
      return orAbsent(collections.count(lateWritesCollection(id), filter, atMajority), 0);
    },
    clear: (id) => collections.drop(lateWritesCollection(id)),
  };
}

function toPoint({ kind, id: point }: Listed): PointText {
  return { id: idOfWords(kind, point.kind, point.id), payload: JSON.stringify({ kind, point }), vectors: {} };
}

function toListed({ payload }: PointText): Listed {
  const { kind, point } = JSON.parse(payload) as { readonly kind: unknown; readonly point: unknown };
  return { kind: findingKindSchema.parse(kind), id: pointIdSchema.parse(point) };
}
