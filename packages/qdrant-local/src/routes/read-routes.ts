import { failure } from '../api-error.ts';
import { checkingContext, collectionContext, optionalFilter } from '../filter/filter.ts';
import type { Check } from '../filter/point-view.ts';
import { type PointId, parseId, pathId } from '../ids/point-id.ts';
import type { JsonObject } from '../json/json-value.ts';
import { resultAnswer, valueAnswer } from '../server/answer.ts';
import type { Collection } from '../storage/collection.ts';
import { checkStrictCount } from '../storage/strict-mode.ts';
import { checkSelector, writePoint } from '../storage/write-point.ts';
import { checkReadParams } from './query-params.ts';
import { readPointFields } from './request-fields.ts';
import { bodyObject, openCollection, type RequestContext, type Route } from './route.ts';
import { scroll } from './scroll.ts';

export const readRoutes: Route[] = [
  { method: 'POST', path: '/collections/{collection}/points', handle: retrieve },
  { method: 'GET', path: '/collections/{collection}/points/{id}', handle: getPoint },
  { method: 'POST', path: '/collections/{collection}/points/scroll', handle: scroll },
  { method: 'POST', path: '/collections/{collection}/points/count', handle: count },
];

/** The filter of a read, checked before the collection is known and compiled for it afterwards. */
export function readFilterField(body: JsonObject, path: string): (collection: Collection) => Check | undefined {
  const value = body.get('filter');
  optionalFilter(value, checkingContext(path));
  return (collection) => optionalFilter(value, collectionContext(path, collection));
}

function retrieve(context: RequestContext) {
  const body = bodyObject(context);
  const ids = body.get('ids');
  if (!Array.isArray(ids)) throw failure.format('missing field `ids`');
  const wanted = new Set(ids.map(parseId));
  const fields = readPointFields(body, { payload: false, vectors: false });
  checkReadParams(context);
  const collection = openCollection(context);
  checkSelector(collection, fields.vectors);
  return resultAnswer((writer) => {
    writer.ascii('[');
    let first = true;
    for (const id of wanted) {
      const slot = collection.slotOf(id);
      if (slot === undefined) continue;
      if (!first) writer.ascii(',');
      first = false;
      writePoint(writer, collection, { id, slot }, fields);
    }
    writer.ascii(']');
  });
}

function getPoint(context: RequestContext) {
  const text = context.params.id ?? '';
  const id: PointId | undefined = pathId(text);
  if (id === undefined) throw failure.wrongInput(`Can not recognize "${text}" as point id`);
  checkReadParams(context);
  const collection = openCollection(context);
  const slot = collection.slotOf(id);
  if (slot === undefined) throw failure.notFound(`Point with id ${id} does not exists!`);
  return resultAnswer((writer) => writePoint(writer, collection, { id, slot }, { payload: { kind: 'all' }, vectors: 'all' }));
}

function count(context: RequestContext) {
  const body = bodyObject(context);
  const filterFor = readFilterField(body, 'filter');
  checkReadParams(context);
  const collection = openCollection(context);
  checkStrictCount(collection, body);
  const check = filterFor(collection);
  let found = collection.size;
  if (check !== undefined) {
    found = 0;
    collection.order.walk(undefined, (id, slot) => {
      if (check(collection.view(id, slot))) found++;
      return true;
    });
  }
  return valueAnswer(new Map([['count', BigInt(found)]]));
}
