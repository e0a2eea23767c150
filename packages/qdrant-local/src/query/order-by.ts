import { failure } from '../api/api-error.ts';
import type { Check } from '../filter/field-condition.ts';
import { datetimeMicros } from '../filter/value-checks.ts';
import { spellDouble } from '../json/decimal.ts';
import { isObject, type JsonValue } from '../json/json-value.ts';
import { parsePath, valuesAt } from '../points/json-path.ts';
import { compareIds, type PointId } from '../points/point-id.ts';
import type { Collection } from '../storage/collection.ts';

/** `order_by` of a scroll or query. `startFrom` in the unit of the key's index: a number, or microseconds. */
export type OrderBy = { key: string; descending: boolean; startFrom: JsonValue };

/** Throws 400. */
export function readOrderBy(value: JsonValue): OrderBy | undefined {
  if (value === null) return undefined;
  if (typeof value === 'string') return { key: value, descending: false, startFrom: null };
  const key = isObject(value) ? value.get('key') : undefined;
  const direction = isObject(value) ? (value.get('direction') ?? 'asc') : undefined;
  if (!isObject(value) || typeof key !== 'string' || (direction !== 'asc' && direction !== 'desc'))
    throw failure.format('Expected a string, or an object with a key, direction and/or start_from');
  return { key, descending: direction === 'desc', startFrom: value.get('start_from') ?? null };
}

const NO_INDEX = (key: string) =>
  failure.wrongInput(
    `No range index for \`order_by\` key: \`${key}\`. Please create one to use \`order_by\`. Check https://qdrant.tech/documentation/concepts/indexing/#payload-index to see which payload schemas support Range conditions`,
  );

type OrderKind = { read: (value: JsonValue) => number | bigint | undefined; spell: (value: number | bigint) => string };

const INTEGERS: OrderKind = { read: (value) => (typeof value === 'bigint' ? value : undefined), spell: String };
const KINDS: Record<string, OrderKind> = {
  integer: INTEGERS,
  float: {
    read: (value) => (typeof value === 'bigint' || typeof value === 'number' ? Number(value) : undefined),
    spell: (value) => spellDouble(Number(value)),
  },
  datetime: { read: (value) => (typeof value === 'string' ? datetimeMicros(value) : undefined), spell: String },
};

export type OrderedPoint = { id: PointId; slot: number; orderValue: string };

/** The first `limit` points in the order of a payload key, once per value; points without a value are left out. Throws 400 without a range index on the key. */
export function orderedPoints(
  collection: Collection,
  { orderBy, limit, check }: { orderBy: OrderBy; limit: number; check: Check | undefined },
): OrderedPoint[] {
  const kind = KINDS[collection.indexes.get(orderBy.key)?.type ?? ''];
  const path = parsePath(orderBy.key);
  if (kind === undefined || path === undefined) throw NO_INDEX(orderBy.key);
  const from = orderBy.startFrom === null ? undefined : (KINDS.float?.read(orderBy.startFrom) ?? KINDS.datetime?.read(orderBy.startFrom));
  const sign = orderBy.descending ? -1 : 1;
  const found: { id: PointId; slot: number; value: number | bigint }[] = [];
  collection.walk({ check }, (id, slot) => {
    for (const item of valuesAt(collection.field(slot, path.first), path).flatMap((value) => (Array.isArray(value) ? value : [value]))) {
      const value = kind.read(item);
      if (value !== undefined && (from === undefined || (orderBy.descending ? value <= from : value >= from)))
        found.push({ id, slot, value });
    }
  });
  found.sort((a, b) => (a.value < b.value ? -sign : a.value > b.value ? sign : sign * compareIds(a.id, b.id)));
  return found.slice(0, limit).map(({ id, slot, value }) => ({ id, slot, orderValue: kind.spell(value) }));
}
