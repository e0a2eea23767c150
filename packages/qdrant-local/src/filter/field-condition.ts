import { failure } from '../api/api-error.ts';
import { isObject, type JsonObject, type JsonValue } from '../json/json-value.ts';
import { parsePath, valuesAt } from '../points/json-path.ts';
import type { PointId } from '../points/point-id.ts';
import type { TextIndex, TextIndexes } from '../text/text-index.ts';
import { boxCheck, circleCheck } from './geo.ts';
import { boundsOf, matchCheck, matchTogether, rangeCheck, type ValueCheck, within } from './value-checks.ts';

/** A point as filters see it; inside a nested condition it has neither id nor vectors. `field` is the value of a top-level key of its payload. */
export type PointView = { readonly id: PointId | undefined; field(key: string): JsonValue | undefined; hasVector(name: string): boolean };
export type Check = (point: PointView) => boolean;

/** How a condition judges the values at its key: one value after another (arrays item by item), or an array as a whole, or all values together; and what a missing field means. */
type FieldCheck = { item?: ValueCheck; whole?: ValueCheck; missing?: boolean; together?: (values: JsonValue[]) => boolean };

/** One row per kind of field condition. */
const KINDS: Record<string, (value: JsonValue, index: TextIndex | undefined) => FieldCheck> = {
  match: (value, index) => {
    const together = matchTogether(value, index);
    return together === undefined ? { item: matchCheck(value, index) } : { together };
  },
  range: (value) => ({ item: rangeCheck(value) }),
  geo_radius: (value) => ({ item: circleCheck(value) }),
  geo_bounding_box: (value) => ({ item: boxCheck(value) }),
  geo_polygon: () => {
    throw failure.missing('geo_polygon in a filter');
  },
  values_count: countCheck,
  is_empty: (value) => ({ whole: (found) => isEmpty([found]) === flag(value), missing: flag(value) }),
  is_null: (value) => ({ whole: (found) => holdsNull(found) === flag(value), missing: !flag(value) }),
};

/** A condition with a `key`. Several kinds in one condition hold where one does; the last three kinds look at an array as a whole, and then alone. */
export function fieldCheck(condition: JsonObject, texts: TextIndexes): Check {
  const key = condition.get('key');
  if (typeof key !== 'string') throw failure.format("Filter condition 'key' must be a string");
  const path = parsePath(key);
  if (path === undefined) throw failure.format(`Invalid json path: \`${key}\``);
  const checks = Object.entries(KINDS).flatMap(([kind, compile]) => {
    const value = condition.get(kind);
    return value === undefined || value === null ? [] : [compile(value, texts.get(key))];
  });
  if (checks.length === 0) throw failure.validation('filter', 'At least one field condition must be specified');
  const whole = checks.find((check) => check.whole !== undefined);
  const judge = whole?.whole ?? eachItem(checks.flatMap((check) => (check.item === undefined ? [] : [check.item])));
  const missing = whole?.missing ?? false;
  const together = checks.flatMap((check) => (check.together === undefined ? [] : [check.together]));
  return (point) => {
    const values = valuesAt(point.field(path.first), path);
    return values.length === 0 ? missing : values.some(judge) || together.some((holds) => holds(values));
  };
}

function eachItem(checks: ValueCheck[]): ValueCheck {
  const holds: ValueCheck = (value) => checks.some((check) => check(value));
  return (value) => (Array.isArray(value) ? value.some(holds) : holds(value));
}

/** Absent, null or an empty array, every one of them. */
export function isEmpty(values: JsonValue[]): boolean {
  return values.every((value) => value === null || (Array.isArray(value) && value.length === 0));
}

export function isNull(values: JsonValue[]): boolean {
  return values.some((value) => value === null);
}

function holdsNull(value: JsonValue): boolean {
  return value === null || (Array.isArray(value) && value.some((item) => item === null));
}

function flag(value: JsonValue): boolean {
  if (typeof value !== 'boolean') throw failure.format('invalid type, expected a boolean');
  return value;
}

function countCheck(value: JsonValue): FieldCheck {
  if (!isObject(value)) throw failure.format('invalid type, expected struct ValuesCount');
  const bounds = boundsOf(value);
  if (bounds.some((bound) => bound !== undefined && typeof bound !== 'bigint')) throw failure.format('invalid type, expected usize');
  const holds = within(bounds.map((bound) => (bound === undefined ? undefined : Number(bound))));
  return { whole: (found) => holds(countOf(found)), missing: holds(0) };
}

function countOf(value: JsonValue): number {
  return Array.isArray(value) ? value.length : value === null ? 0 : 1;
}
