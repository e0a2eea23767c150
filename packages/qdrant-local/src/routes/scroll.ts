import { failure } from '../api-error.ts';
import type { Check } from '../filter/point-view.ts';
import { idText, type PointId, parseId } from '../ids/point-id.ts';
import type { JsonValue } from '../json/json-value.ts';
import { resultAnswer } from '../server/answer.ts';
import type { Collection } from '../storage/collection.ts';
import { orderedPoints, readOrderBy } from '../storage/order-by.ts';
import { checkStrictRead } from '../storage/strict-mode.ts';
import { checkSelector, writePoint } from '../storage/write-point.ts';
import { checkReadParams } from './query-params.ts';
import { readFilterField } from './read-routes.ts';
import { readCount, readPointFields } from './request-fields.ts';
import { bodyObject, openCollection, type RequestContext } from './route.ts';

type PageItem = { id: PointId; slot: number; orderValue?: string };

/** A page in id order from `offset` on (which need not exist), or in the order of a payload key. */
export function scroll(context: RequestContext) {
  const body = bodyObject(context);
  const limit = readCount(body, 'limit', { fallback: 10, min: 1, path: 'scroll_request.' });
  const offset = readOffset(body.get('offset') ?? null);
  const filterFor = readFilterField(body, 'scroll_request.filter');
  const fields = readPointFields(body, { payload: true, vectors: false });
  const orderBy = readOrderBy(body.get('order_by') ?? null);
  checkReadParams(context);
  const collection = openCollection(context);
  checkStrictRead(collection, { limit: body.has('limit') ? limit : undefined, body });
  checkSelector(collection, fields.vectors);
  const check = filterFor(collection);
  if (orderBy !== undefined && offset !== undefined) throw failure.wrongInput(OFFSET_WITH_ORDER);
  const items =
    orderBy === undefined ? idOrder(collection, { offset, limit: limit + 1, check }) : orderedPoints(collection, { orderBy, limit, check });
  const next = items[limit];
  return resultAnswer((writer) => {
    writer.ascii('{"points":[');
    for (const [i, item] of items.slice(0, limit).entries()) {
      if (i > 0) writer.ascii(',');
      writePoint(writer, collection, item, fields);
    }
    writer.ascii(`],"next_page_offset":${next === undefined ? 'null' : idText(next.id)}}`);
  });
}

const OFFSET_WITH_ORDER =
  "Cannot use an `offset` when using `order_by`. The alternative for paging is to use `order_by.start_from` and a filter to exclude the IDs that you've already seen for the `order_by.start_from` value";

function readOffset(value: JsonValue): PointId | undefined {
  return value === null ? undefined : parseId(value);
}

function idOrder(
  collection: Collection,
  { offset, limit, check }: { offset: PointId | undefined; limit: number; check: Check | undefined },
): PageItem[] {
  const items: PageItem[] = [];
  collection.order.walk(offset, (id, slot) => {
    if (check === undefined || check(collection.view(id, slot))) items.push({ id, slot });
    return items.length < limit;
  });
  return items;
}
