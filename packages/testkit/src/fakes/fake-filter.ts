import { parsePayloadPath } from '@reembed/contracts';
import { type Filter, type PointText, ReembedError, readPayloadField } from '@reembed/core';

/** As much of Qdrant's filters as the store contract asks for: must, should, must_not, has_id, has_vector, match by value or any of several, range from a value on, nested filters. */
export function matches(filter: Filter | undefined, point: PointText): boolean {
  if (filter === undefined) return true;
  const { must = [], should = [], must_not = [], ...rest } = JSON.parse(exactTexts(filter)) as Clauses;
  const [stray] = Object.keys(rest);
  if (stray !== undefined) throw new ReembedError('qdrant-refused', `unknown field \`${stray}\``);
  const holds = (condition: Condition) => conditionHolds(condition, point);
  return must.every(holds) && !must_not.some(holds) && (should.length === 0 || should.some(holds));
}

type Condition = {
  has_id?: unknown[];
  has_vector?: string;
  key?: string;
  match?: { value: unknown } | { any: unknown[] };
  range?: { gte: unknown };
} & Filter;
type Clauses = { must?: Condition[]; should?: Condition[]; must_not?: Condition[] };

function conditionHolds(condition: Condition, point: PointText): boolean {
  const { has_id, has_vector, key, match, range } = condition;
  if (has_id !== undefined) return has_id.map(String).includes(point.id.id);
  if (has_vector !== undefined) return point.vectors[has_vector] !== undefined;
  if (key === undefined) return matches(condition, point);
  if (range !== undefined) return reaches(readPayloadField(point.payload, parsePayloadPath(key) ?? [key]), range.gte);
  if (match === undefined) throw new ReembedError('qdrant-refused', 'At least one field condition must be specified');
  const found = readPayloadField(point.payload, parsePayloadPath(key) ?? [key]);
  const wanted = 'any' in match ? match.any : [match.value];
  // An array has a value where one of its items is that; numbers past 2^53 are strings here.
  return [found].flat().some((value) => wanted.some((one) => isSameKind(value, one) && String(value) === String(one)));
}

function isSameKind(value: unknown, wanted: unknown): boolean {
  return typeof value === typeof wanted || [value, wanted].some((one) => typeof one === 'string' && /^-?\d{16,}$/.test(one));
}

/** Numbers from a number on, datetimes from a datetime on. */
function reaches(value: unknown, gte: unknown): boolean {
  if (typeof gte === 'number') return typeof value === 'number' && value >= gte;
  return typeof value === 'string' && Date.parse(value) >= Date.parse(String(gte));
}

/** Integers past 2^53 as strings, the way readPayloadField gives them. */
function exactTexts(filter: Filter): string {
  return JSON.stringify(filter).replace(/([[:,])(-?\d{16,})(?=[\],}])/g, '$1"$2"');
}
