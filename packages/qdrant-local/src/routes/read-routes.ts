import { failure } from '../api/api-error.ts';
import { readCount } from '../config/field-table.ts';
import { deferFilter } from '../filter/filter.ts';
import type { JsonValue } from '../json/json-value.ts';
import { idText, type PointId, parseId, pathId } from '../points/point-id.ts';
import { orderedPoints, readOrderBy } from '../query/order-by.ts';
import { checkPointFields, readPointFields, writePoint } from '../query/point-fields.ts';
import { checkStrictCount, checkStrictRead } from '../storage/strict-mode.ts';
import { bodyObject, checkReadParams, openCollection, type RequestContext, type Route, resultAnswer, valueAnswer } from './route.ts';

export const readRoutes: Route[] = [
  { method: 'POST', path: '/collections/{collection}/points', handle: retrieve },
  { method: 'GET', path: '/collections/{collection}/points/{id}', handle: getPoint },
  { method: 'POST', path: '/collections/{collection}/points/scroll', handle: scroll },
  { method: 'POST', path: '/collections/{collection}/points/count', handle: count },
];

function retrieve(context: RequestContext) {
  const body = bodyObject(context);
  const ids = body.get('ids');
  if (!Array.isArray(ids)) throw failure.format('missing field `ids`');
  const wanted = new Set(ids.map(parseId));
  const fields = readPointFields(body, { payload: false, vectors: false });
  checkReadParams(context);
  const collection = openCollection(context);
  checkPointFields(collection, fields);
  const found = [...wanted].flatMap((id) => {
    const slot = collection.slotOf(id);
    return slot === undefined ? [] : [{ id, slot }];
  });
  return resultAnswer((writer) => writer.list(found, (point) => writePoint(writer, collection, point, fields)));
}

function getPoint(context: RequestContext) {
  const text = context.params.id ?? '';
  const id = pathId(text);
  if (id === undefined) throw failure.wrongInput(`Can not recognize "${text}" as point id`);
  checkReadParams(context);
  const collection = openCollection(context);
  const slot = collection.slotOf(id);
  if (slot === undefined) throw failure.notFound(`Point with id ${id} does not exists!`);
  return resultAnswer((writer) => writePoint(writer, collection, { id, slot }, { payload: { kind: 'all' }, vectors: 'all' }));
}

/** A page in id order from `offset` on (which need not exist), or in the order of a payload key. */
function scroll(context: RequestContext) {
  const body = bodyObject(context);
  const limit = readCount(body, 'limit', { fallback: 10, min: 1, path: 'scroll_request.' });
  const from = readOffset(body.get('offset') ?? null);
  const filter = deferFilter(body.get('filter'), 'scroll_request.filter');
  const fields = readPointFields(body, { payload: true, vectors: false });
  const orderBy = readOrderBy(body.get('order_by') ?? null);
  checkReadParams(context);
  const collection = openCollection(context);
  checkStrictRead(collection, { limit: body.has('limit') ? limit : undefined, body });
  checkPointFields(collection, fields);
  const check = filter(collection);
  if (orderBy !== undefined && from !== undefined) throw failure.wrongInput(OFFSET_WITH_ORDER);
  const points: { id: PointId; slot: number; orderValue?: string }[] = [];
  if (orderBy === undefined) collection.walk({ from, check }, (id, slot) => points.push({ id, slot }) <= limit);
  else points.push(...orderedPoints(collection, { orderBy, limit, check }));
  const next = points[limit];
  return resultAnswer((writer) =>
    writer
      .ascii('{"points":')
      .list(points.slice(0, limit), (point) => writePoint(writer, collection, point, fields))
      .ascii(`,"next_page_offset":${next === undefined ? 'null' : idText(next.id)}}`),
  );
}

const OFFSET_WITH_ORDER =
  "Cannot use an `offset` when using `order_by`. The alternative for paging is to use `order_by.start_from` and a filter to exclude the IDs that you've already seen for the `order_by.start_from` value";

function readOffset(value: JsonValue): PointId | undefined {
  return value === null ? undefined : parseId(value);
}

function count(context: RequestContext) {
  const body = bodyObject(context);
  const filter = deferFilter(body.get('filter'), 'filter');
  checkReadParams(context);
  const collection = openCollection(context);
  checkStrictCount(collection, body);
  const check = filter(collection);
  let found = 0;
  if (check === undefined) found = collection.size;
  else collection.walk({ check }, () => found++);
  return valueAnswer(new Map([['count', BigInt(found)]]));
}
