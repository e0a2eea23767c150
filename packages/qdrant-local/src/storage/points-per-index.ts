import { datetimeMicros } from '../filter/datetime.ts';
import { uuidId } from '../ids/point-id.ts';
import { isObject, type JsonValue } from '../json/json-value.ts';
import { parsePath, valuesAt } from '../payload/json-path.ts';
import type { Collection } from './collection.ts';

const I64_MAX = 9223372036854775807n;

/** What an index of a type takes in. */
const INDEXED: Record<string, (value: JsonValue) => boolean> = {
  keyword: (value) => typeof value === 'string',
  text: (value) => typeof value === 'string',
  integer: (value) => typeof value === 'bigint' && value <= I64_MAX,
  float: (value) => typeof value === 'bigint' || typeof value === 'number',
  bool: (value) => typeof value === 'boolean',
  uuid: (value) => typeof value === 'string' && uuidId(value) !== undefined,
  datetime: (value) => typeof value === 'string' && datetimeMicros(value) !== undefined,
  geo: (value) => isObject(value) && value.has('lon') && value.has('lat'),
};

type Counted = { operations: number; counts: Map<string, number> };
const counted = new WeakMap<Collection, Counted>();

/** For every payload index the number of points it holds. Counting looks at every point, so it is done once per state of the collection. */
export function pointsPerIndex(collection: Collection): ReadonlyMap<string, number> {
  const known = counted.get(collection);
  if (known?.operations === collection.operations) return known.counts;
  const counts = new Map(collection.indexes.entries().map(([field, { type }]) => [field, countPoints(collection, field, type)]));
  counted.set(collection, { operations: collection.operations, counts });
  return counts;
}

function countPoints(collection: Collection, field: string, type: string): number {
  const path = parsePath(field);
  const takes = INDEXED[type];
  if (path === undefined || takes === undefined) return 0;
  const holds = (value: JsonValue): boolean => (Array.isArray(value) ? value.some(takes) : takes(value));
  let count = 0;
  collection.order.walk(undefined, (_id, slot) => {
    if (valuesAt(collection.field(slot, path.first), path).some(holds)) count++;
    return true;
  });
  return count;
}
