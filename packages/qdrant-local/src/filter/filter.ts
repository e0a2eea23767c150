import { failure } from '../api/api-error.ts';
import { isObject, type JsonObject, type JsonValue } from '../json/json-value.ts';
import { arrayPath, type JsonPath, parsePath, valuesAt } from '../points/json-path.ts';
import { inSlice, type PointId, parseId } from '../points/point-id.ts';
import type { TextIndexes } from '../text/text-index.ts';
import { type Check, fieldCheck, isEmpty, isNull, type PointView } from './field-condition.ts';

const EXPECTED =
  'Expected some form of condition, which can be a field condition (like {"key": ..., "match": ... }), or some other mentioned in the documentation: https://qdrant.tech/documentation/concepts/filtering/#filtering-conditions';
const CLAUSES = ['should', 'min_should', 'must', 'must_not'] as const;

/** What of a collection a filter goes by: the text indexes, which change the meaning of a match, and what its version knows. */
export type FilterScope = { indexes: { texts(): TextIndexes }; features: { slice: boolean } };

/** A filter that was read before its collection is known; gives undefined, which holds for every point, where none was given. */
export type DeferredFilter = (scope: FilterScope) => Check | undefined;

/** Checks a `filter` at once and compiles it when its collection is known. `path` names it in validation errors. Throws 400, 422, 501. */
export function deferFilter(value: JsonValue | undefined, path: string): DeferredFilter {
  if (value === undefined || value === null) return () => undefined;
  compileFilter(value, { path, texts: new Map(), slices: true });
  return ({ indexes, features }) => compileFilter(value, { path, texts: indexes.texts(), slices: features.slice });
}

/** Where a filter stands in the request, and what it is compiled by. */
type FilterContext = { path: string; texts: TextIndexes; slices: boolean };

/**
 * Compiles a filter of the REST API into a check of one point. A clause that is absent or empty holds.
 * Throws 400 and 422 with the server's texts, 501 for conditions that are not built in.
 */
function compileFilter(value: JsonValue, context: FilterContext): Check {
  if (!isObject(value)) throw failure.format('invalid type, expected struct Filter');
  for (const name of value.keys()) {
    if (!CLAUSES.some((clause) => clause === name))
      throw failure.format(`unknown field \`${name}\`, expected one of \`should\`, \`min_should\`, \`must\`, \`must_not\``);
  }
  const should = clause(value, 'should', context);
  const must = clause(value, 'must', context);
  const mustNot = clause(value, 'must_not', context);
  const minShould = minShouldCheck(value.get('min_should'), context);
  const checks: Check[] = [];
  if (should !== undefined && should.length > 0) checks.push((point) => should.some((check) => check(point)));
  if (minShould !== undefined) checks.push(minShould);
  if (must !== undefined) checks.push(...must);
  if (mustNot !== undefined) checks.push((point) => !mustNot.some((check) => check(point)));
  const [only, ...more] = checks;
  if (only !== undefined && more.length === 0) return only;
  return (point) => checks.every((check) => check(point));
}

function clause(filter: JsonObject, name: string, context: FilterContext): Check[] | undefined {
  const value = filter.get(name);
  if (value === undefined || value === null) return undefined;
  const list = Array.isArray(value) ? value : [value];
  return list.map((item, i) => compileCondition(item, { ...context, path: `${context.path}.${name}[${i}]` }));
}

function minShouldCheck(value: JsonValue | undefined, context: FilterContext): Check | undefined {
  if (value === undefined || value === null) return undefined;
  const conditions = isObject(value) ? value.get('conditions') : undefined;
  const count = isObject(value) ? value.get('min_count') : undefined;
  if (!Array.isArray(conditions) || typeof count !== 'bigint' || count < 0n)
    throw failure.format('invalid min_should: it takes conditions and min_count');
  if (count === 0n) throw failure.validation(`${context.path}.min_should.min_count`, 'min_count must be greater than 0');
  const checks = conditions.map((item, i) => compileCondition(item, { ...context, path: `${context.path}.min_should.conditions[${i}]` }));
  return (point) => checks.filter((check) => check(point)).length >= Number(count);
}

/** One row per condition: the key that tells it, and what makes a check of it. The first key that the condition has decides, in the server's order. */
const CONDITIONS: readonly [key: string, compile: (condition: JsonObject, context: FilterContext) => Check][] = [
  ['key', (condition, { texts }) => fieldCheck(condition, texts)],
  ['is_empty', (condition) => onValues(pathOf(condition.get('is_empty')), isEmpty)],
  ['is_null', (condition) => onValues(pathOf(condition.get('is_null')), isNull)],
  ['has_id', (condition) => hasId(condition.get('has_id'))],
  ['has_vector', (condition) => hasVector(condition.get('has_vector'))],
  ['slice', (condition, context) => slice(condition.get('slice'), context)],
  ['nested', (condition, context) => nested(condition.get('nested'), context)],
  ...CLAUSES.map((name): [string, typeof compileFilter] => [name, compileFilter]),
];

function compileCondition(value: JsonValue, context: FilterContext): Check {
  if (!isObject(value)) throw failure.format(EXPECTED);
  for (const [key, compile] of CONDITIONS) if (value.has(key)) return compile(value, context);
  if (value.size === 0) return () => true;
  throw failure.format(EXPECTED);
}

function pathOf(value: JsonValue | undefined): JsonPath {
  const key = isObject(value) ? value.get('key') : undefined;
  const path = typeof key === 'string' ? parsePath(key) : undefined;
  if (path === undefined) throw failure.format(EXPECTED);
  return path;
}

function onValues(path: JsonPath, holds: (values: JsonValue[]) => boolean): Check {
  return (point) => holds(valuesAt(point.field(path.first), path));
}

function hasId(value: JsonValue | undefined): Check {
  if (!Array.isArray(value)) throw failure.format(EXPECTED);
  const ids = new Set<PointId>(value.map(parseId));
  return (point) => point.id !== undefined && ids.has(point.id);
}

function hasVector(value: JsonValue | undefined): Check {
  if (typeof value !== 'string') throw failure.format(EXPECTED);
  return (point) => point.hasVector(value);
}

function slice(value: JsonValue | undefined, { path, slices }: FilterContext): Check {
  if (!slices) throw failure.format(EXPECTED);
  const total = isObject(value) ? value.get('total') : undefined;
  const index = isObject(value) ? value.get('index') : undefined;
  if (typeof total !== 'bigint' || typeof index !== 'bigint' || total < 1n || index < 0n) throw failure.format(EXPECTED);
  if (index >= total)
    throw failure.validation(`${path}.__all__`, 'Validation error: Slice index must be less than the total number of slices [{}]');
  return (point) => point.id !== undefined && inSlice(point.id, total, index);
}

/** Holds where one object of the array (or the object itself) passes the inner filter. Ids and vectors are not seen from inside. */
function nested(value: JsonValue | undefined, context: FilterContext): Check {
  if (!isObject(value)) throw failure.format(EXPECTED);
  const path = arrayPath(pathOf(value));
  const inner = compileFilter(value.get('filter') ?? null, { ...context, path: `${context.path}.nested.filter`, texts: new Map() });
  return (point) => valuesAt(point.field(path.first), path).some((item) => isObject(item) && inner(nestedView(item)));
}

function nestedView(payload: JsonObject): PointView {
  return { id: undefined, field: (key) => payload.get(key), hasVector: () => false };
}
