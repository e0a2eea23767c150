import { failure } from '../api/api-error.ts';
import type { Features } from '../api/versions.ts';
import { type DeferredFilter, deferFilter } from '../filter/filter.ts';
import type { JsonReader } from '../json/json-reader.ts';
import type { JsonObject } from '../json/json-value.ts';
import { type PointId, parseId } from '../points/point-id.ts';
import { type NamedVectors, readPointVectors } from '../vectors/vector-input.ts';
import { forEachPoint, type Operation, prepareVectors, readTarget, refuseShardKey } from './operation.ts';

type PointVectors = { id: PointId; vectors: NamedVectors };

/** Reads the body of an update of vectors. Only the named vectors change; with `update_filter` only of points that pass it. Throws 400, 422. */
export function readUpdateVectors(reader: JsonReader, features: Features): Operation {
  let points: PointVectors[] | undefined;
  let filter: DeferredFilter | undefined;
  reader.object((key) => {
    if (key === 'points') points = readPoints(reader);
    else if (key === 'update_filter' && features.updateFilter) filter = deferFilter(reader.value(), 'update_filter');
    else if (key === 'shard_key') refuseShardKey(reader.value());
    else reader.value();
  });
  if (points === undefined) throw failure.format('missing field `points`');
  if (points.length === 0) throw failure.validation('points', 'must specify points to update');
  return updateVectors(points, filter);
}

function readPoints(reader: JsonReader): PointVectors[] {
  const points: PointVectors[] = [];
  reader.array((index) => {
    let id: PointId | undefined;
    let vectors: NamedVectors | undefined;
    reader.object((key) => {
      if (key === 'id') id = parseId(reader.value());
      else if (key === 'vector') vectors = readPointVectors(reader, `points[${index}].vector`);
      else reader.value();
    });
    if (id === undefined) throw failure.format('missing field `id`');
    if (vectors === undefined) throw failure.format('missing field `vector`');
    if (vectors.size === 0) throw failure.validation(`points[${index}].vector`, 'must specify vectors to update for point');
    points.push({ id, vectors });
  });
  return points;
}

function updateVectors(points: PointVectors[], filter: DeferredFilter | undefined): Operation {
  return (collection) => {
    prepareVectors(collection, points, 'update limit');
    const check = filter?.(collection);
    const given = new Map<PointId, NamedVectors>();
    for (const { id, vectors } of points) {
      const slot = collection.slotOf(id);
      if (check !== undefined && slot !== undefined && !check(collection.view(id, slot))) continue;
      given.set(id, new Map([...(given.get(id) ?? []), ...vectors]));
    }
    forEachPoint(collection, [...given.keys()], (slot, id) => {
      const vectors = given.get(id) ?? new Map();
      collection.checkVectors(vectors);
      collection.setVectors(slot, vectors);
    });
  };
}

/** Drops named vectors of points. Throws 400, 422. */
export function deleteVectors(body: JsonObject): Operation {
  const names = body.get('vector') ?? body.get('vectors');
  if (!Array.isArray(names)) throw failure.format('missing field `vector`');
  const wanted = names.map((name) => {
    if (typeof name !== 'string') throw failure.format('invalid type, expected a string');
    return name;
  });
  if (wanted.length === 0) throw failure.validation('vector', 'must specify vector names to delete');
  const target = readTarget(body, () => failure.badRequest('No filter or points provided'));
  return (collection) => {
    for (const name of wanted) collection.column(name);
    forEachPoint(collection, target(collection), (slot) => {
      for (const name of wanted) collection.column(name).remove(slot);
      collection.touch(slot);
    });
  };
}
