import { isObject, type JsonObject, type JsonValue } from '../json/json-value.ts';
import { uuidId } from '../points/point-id.ts';
import type { PayloadIndexes } from './payload-indexes.ts';

/** A key that a filter asks for without an index that would serve it, and the index types that would. */
export type UnindexedKey = { key: string; types: string[] };

/** The first such key; undefined where every condition has its index. */
export function unindexedKey(indexes: PayloadIndexes, filter: JsonObject, prefix = ''): UnindexedKey | undefined {
  for (const condition of filterConditions(filter)) {
    const found = conditionKey(indexes, condition, prefix);
    if (found !== undefined) return found;
  }
  return undefined;
}

function conditionKey(indexes: PayloadIndexes, condition: JsonObject, prefix: string): UnindexedKey | undefined {
  const nested = condition.get('nested');
  if (isObject(nested)) {
    const inner = nested.get('filter');
    return isObject(inner) ? unindexedKey(indexes, inner, `${prefix}${withBrackets(String(nested.get('key')))}.`) : undefined;
  }
  if (filterConditions(condition).length > 0) return unindexedKey(indexes, condition, prefix);
  const emptiness = condition.get('is_empty') ?? condition.get('is_null');
  const name = isObject(emptiness) ? emptiness.get('key') : condition.get('key');
  if (typeof name !== 'string') return undefined;
  const key = prefix + name;
  const types = isObject(emptiness) ? ANY : typesFor(condition);
  const index = indexes.get(key)?.type;
  return types.length === 0 || (index !== undefined && types.includes(index)) ? undefined : { key, types };
}

function withBrackets(key: string): string {
  return key.endsWith('[]') ? key : `${key}[]`;
}

const ANY = ['bool', 'datetime', 'float', 'geo', 'integer', 'keyword', 'text', 'uuid'];

/** Index types that serve a field condition, in alphabetical order. */
function typesFor(condition: JsonObject): string[] {
  const match = condition.get('match');
  if (isObject(match)) return matchTypes(match);
  const range = condition.get('range');
  if (isObject(range)) return [...range.values()].some((bound) => typeof bound === 'string') ? ['datetime'] : ['float', 'integer'];
  if (['geo_radius', 'geo_bounding_box', 'geo_polygon'].some((name) => condition.has(name))) return ['geo'];
  return ANY;
}

function matchTypes(match: JsonObject): string[] {
  if (['text', 'text_any', 'phrase'].some((name) => match.has(name))) return ['text'];
  const wanted: JsonValue = match.get('value') ?? match.get('any') ?? match.get('except') ?? match.get('prefix') ?? null;
  const sample = Array.isArray(wanted) ? (wanted[0] ?? null) : wanted;
  if (typeof sample === 'boolean') return ['bool'];
  if (typeof sample === 'bigint') return ['integer'];
  return typeof sample === 'string' && uuidId(sample) !== undefined ? ['keyword', 'uuid'] : ['keyword'];
}

/** Most ids or values that one condition lists. */
export function largestCondition(filter: JsonObject): number {
  return filterConditions(filter).reduce((most, condition) => {
    const [nested, ids, match] = [condition.get('nested'), condition.get('has_id'), condition.get('match')];
    const inner = isObject(nested) ? nested.get('filter') : condition;
    const values = isObject(match) ? (match.get('any') ?? match.get('except')) : ids;
    return Math.max(most, Array.isArray(values) ? values.length : 0, isObject(inner) ? largestCondition(inner) : 0);
  }, 0);
}

/** Every condition of a filter and of the filters in it. */
export function countConditions(filter: JsonObject): number {
  return filterConditions(filter).reduce((sum, condition) => {
    const nested = condition.get('nested');
    const inner = isObject(nested) ? nested.get('filter') : filterConditions(condition).length > 0 ? condition : undefined;
    return sum + (isObject(inner) ? countConditions(inner) : 1);
  }, 0);
}

/** The conditions right below a filter, whichever clause they stand in. */
function filterConditions(filter: JsonObject): JsonObject[] {
  const minShould = filter.get('min_should');
  const lists = [
    filter.get('should'),
    isObject(minShould) ? minShould.get('conditions') : undefined,
    filter.get('must'),
    filter.get('must_not'),
  ];
  return lists.flatMap((list) => (Array.isArray(list) ? list : [list])).filter(isObject);
}
