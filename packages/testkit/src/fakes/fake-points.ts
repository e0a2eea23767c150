import type { PointId } from '@reembed/contracts';
import {
  type CollectionInfo,
  comparePointIds,
  type Page,
  type Points,
  type PointText,
  type PointVectors,
  ReembedError,
  type ScrollRequest,
  type WrittenVector,
} from '@reembed/core';
import { matches } from './fake-filter.ts';
import { dropPoints, type MemoryStore, putPoints, type StoredCollection, withoutVector } from './memory-store.ts';

/** Points in memory: as much of Qdrant as the store contract asks for. */
export function createFakePoints({ get, act }: MemoryStore): Points {
  return {
    async scroll(collection, request) {
      request.signal?.throwIfAborted();
      return readPage(get(collection), request);
    },
    async scrollIds(collection, request) {
      request.signal?.throwIfAborted();
      const page = readPage(get(collection), { ...request, payload: false, vectors: [] });
      return { ids: page.points.map(({ id }) => id), next: page.next };
    },
    async retrieve(collection, { ids, payload, vectors, filter, signal }) {
      signal?.throwIfAborted();
      const found = get(collection).points.filter(
        (point) => ids.some((wanted) => comparePointIds(wanted, point.id) === 0) && matches(filter, point),
      );
      return found.map((point) => shown(point, payload, vectors));
    },
    sample: async (collection, limit, { filter, vectors = [] } = {}) =>
      get(collection)
        .points.filter((point) => matches(filter, point))
        .slice(0, limit)
        .map((point) => shown(point, true, vectors)),
    async insertOnly(collection, given, signal) {
      signal?.throwIfAborted();
      const fresh = given.map(spelled);
      const found = get(collection);
      checkVectors(found.info, fresh);
      const known = (id: PointId) => found.points.some((point) => comparePointIds(point.id, id) === 0);
      putPoints(
        found,
        fresh.filter(({ id }) => !known(id)),
      );
      if (fresh.length > 0) act('insertOnly', collection, ...fresh.map(({ id }) => id.id));
    },
    async updateOnly(collection, given, signal) {
      signal?.throwIfAborted();
      const fresh = given.map(spelled);
      const found = get(collection);
      checkVectors(found.info, fresh);
      const known = (id: PointId) => found.points.some((point) => comparePointIds(point.id, id) === 0);
      putPoints(
        found,
        fresh.filter(({ id }) => known(id)),
      );
      if (fresh.length > 0) act('updateOnly', collection, ...fresh.map(({ id }) => id.id));
    },
    async upsertWhere(collection, given, filter) {
      const fresh = given.map(spelled);
      const found = get(collection);
      checkVectors(found.info, fresh);
      const stays = (id: PointId) => found.points.some((point) => comparePointIds(point.id, id) === 0 && !matches(filter, point));
      putPoints(
        found,
        fresh.filter(({ id }) => !stays(id)),
      );
      act('upsertWhere', collection, ...fresh.map(({ id }) => id.id));
    },
    async updateVectors(collection, given, { onlyMissing, signal } = {}) {
      signal?.throwIfAborted();
      const fresh = given.map(spelled);
      const found = get(collection);
      checkVectors(found.info, fresh);
      const known = found.points.filter(({ id }) => fresh.some((wanted) => comparePointIds(wanted.id, id) === 0));
      const changing = known.filter(({ vectors }) => onlyMissing === undefined || vectors[onlyMissing] === undefined);
      putPoints(
        found,
        changing.map((point) => {
          const wanted = fresh.find(({ id }) => comparePointIds(id, point.id) === 0);
          return { ...point, vectors: { ...point.vectors, ...wanted?.vectors } };
        }),
      );
      act('updateVectors', collection, ...fresh.map(({ id }) => id.id));
      const absent = fresh.find(({ id }) => !known.some((point) => comparePointIds(point.id, id) === 0));
      if (absent !== undefined) throw new ReembedError('qdrant-not-found', `No point with id ${absent.id.id} found`);
    },
    async removeVector(collection, ids, vector, signal) {
      signal?.throwIfAborted();
      const found = get(collection);
      const gone = found.points.filter(({ id }) => ids.some((wanted) => comparePointIds(wanted, id) === 0));
      putPoints(
        found,
        gone.map((point) => withoutVector(point, vector)),
      );
      act('removeVector', collection, vector, ...ids.map(({ id }) => id));
    },
    async lacking(collection, { ids, vector, signal }) {
      signal?.throwIfAborted();
      const asked = get(collection).points.filter(({ id }) => ids.some((wanted) => comparePointIds(wanted, id) === 0));
      return asked.filter(({ vectors }) => vectors[vector] === undefined).map(({ id }) => id);
    },
    async removeWhere(collection, filter) {
      const found = get(collection);
      found.points = found.points.filter((point) => !matches(filter, point));
      act('removeWhere', collection);
    },
    async remove(collection, ids, signal) {
      signal?.throwIfAborted();
      dropPoints(get(collection), ids);
      if (ids.length > 0) act('remove', collection, ...ids.map(({ id }) => id));
    },
  };
}

/** A vector to write, as it is read afterwards. */
export function vectorText(vector: WrittenVector): string {
  return typeof vector === 'string' ? vector : JSON.stringify([...vector]);
}

function spelled<Point extends PointVectors>(point: Point): Omit<Point, 'vectors'> & Pick<PointText, 'vectors'> {
  const vectors = Object.entries(point.vectors).map(([name, vector]) => [name, vectorText(vector)]);
  return { ...point, vectors: Object.fromEntries(vectors) as PointText['vectors'] };
}

function readPage({ info, points: all }: StoredCollection, { offset, limit, payload, vectors, filter }: ScrollRequest): Page {
  const stray = vectors.find((name) => info.vectors[name] === undefined && info.sparseVectors[name] === undefined);
  if (stray !== undefined) throw new ReembedError('qdrant-refused', `Not existing vector name error: ${stray}`);
  const points = all.filter((point) => matches(filter, point));
  const from = offset === null ? 0 : points.findIndex(({ id }) => comparePointIds(id, offset) >= 0);
  const found = from === -1 ? [] : points.slice(from, from + limit + 1);
  return { points: found.slice(0, limit).map((point) => shown(point, payload, vectors)), next: found[limit]?.id ?? null };
}

function shown({ id, payload, vectors }: PointText, withPayload: boolean, names: readonly string[]): PointText {
  const wanted = Object.entries(vectors).filter(([name]) => names.includes(name));
  return { id, payload: withPayload ? payload : '{}', vectors: Object.fromEntries(wanted) };
}

function checkVectors({ vectors: known, sparseVectors }: CollectionInfo, points: readonly Pick<PointText, 'vectors'>[]): void {
  for (const { vectors } of points) {
    for (const [name, text] of Object.entries(vectors)) {
      if (known[name] === undefined && sparseVectors[name] === undefined) {
        throw new ReembedError('qdrant-refused', `Not existing vector name error: ${name}`);
      }
      const value: unknown = JSON.parse(text);
      const row: unknown = Array.isArray(value) && Array.isArray(value[0]) ? value[0] : value;
      const size = known[name]?.size;
      if (Array.isArray(row) && row.length !== size) {
        throw new ReembedError('qdrant-refused', `Vector dimension error: expected dim: ${size}, got ${row.length}`);
      }
    }
  }
}
