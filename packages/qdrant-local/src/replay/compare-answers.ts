import { isObject, type JsonObject, type JsonValue, jsonText } from '../json/json-value.ts';

/** What differs between two servers by freedom or by time. */
const FREE = new Set(['version', 'operation_id', 'segments_count', 'time', 'usage', 'update_queue', 'warnings', 'uuid']);
/** Whether a collection is still being optimized is a matter of the moment. */
const AT_WORK_OR_NOT = new Set<JsonValue | undefined>(['green', 'yellow']);
/** Where numbers have to agree in spelling: 1 and 1.0 are different payloads. */
const EXACT = /\.payload\b|\.id$|count|offset|indices/;
const TOLERANCE = 1e-6;

/**
 * Where two answers differ, as `.path: want x got y`; empty where they agree. Vectors and scores agree to 1e-6, payloads and ids in their spelling, points of
 * equal score in any order, and errors in their first clause.
 */
export function compareAnswers(want: { status: number; body: JsonValue }, got: { status: number; body: JsonValue }): string[] {
  if (want.status !== got.status) return [`status: want ${want.status} got ${got.status} ${jsonText(got.body).slice(0, 200)}`];
  if (want.status >= 400) {
    const [wanted, given] = [firstClause(want.body), firstClause(got.body)];
    return wanted === given ? [] : [`error: want "${wanted}" got "${given}"`];
  }
  return difference(sortedTies(want.body), sortedTies(got.body), '');
}

function difference(want: JsonValue | undefined, got: JsonValue | undefined, path: string): string[] {
  if (path === '.result.status' && AT_WORK_OR_NOT.has(want) && AT_WORK_OR_NOT.has(got)) return [];
  if (isNumber(want) && isNumber(got)) return sameNumber(want, got, path) ? [] : [`${path}: want ${jsonText(want)} got ${jsonText(got)}`];
  const [wanted, given] = [members(want), members(got)];
  if (wanted === undefined || given === undefined || Array.isArray(want) !== Array.isArray(got))
    return want === got ? [] : [`${path}: want ${shown(want)} got ${shown(got)}`];
  return [...new Set([...wanted.keys(), ...given.keys()])]
    .filter((key) => !FREE.has(key))
    .flatMap((key) => {
      if (!given.has(key)) return [`${path}.${key}: missing`];
      if (!wanted.has(key)) return [`${path}.${key}: unexpected`];
      return difference(wanted.get(key), given.get(key), `${path}.${key}`);
    });
}

function isNumber(value: JsonValue | undefined): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

function sameNumber(want: number | bigint, got: number | bigint, path: string): boolean {
  if (jsonText(want) === jsonText(got)) return true;
  return !EXACT.test(path) && Math.abs(Number(want) - Number(got)) <= TOLERANCE * Math.max(1, Math.abs(Number(want)));
}

function members(value: JsonValue | undefined): JsonObject | undefined {
  if (isObject(value)) return value;
  return Array.isArray(value) ? new Map(value.map((item, i) => [String(i), item])) : undefined;
}

function shown(value: JsonValue | undefined): string {
  return value === undefined ? 'nothing' : jsonText(value).slice(0, 80);
}

/** Points of (nearly) equal score in the order of their ids, groups of equal best score too, aliases in that of their names. */
function sortedTies(body: JsonValue): JsonValue {
  const result = isObject(body) ? body.get('result') : undefined;
  if (!isObject(result)) return body;
  const [points, groups, aliases] = [result.get('points'), result.get('groups'), result.get('aliases')];
  if (Array.isArray(points) && points.every((point) => isObject(point) && isNumber(point.get('score')))) sortByScore(points, scoreOf);
  if (Array.isArray(groups)) sortByScore(groups, bestScore);
  if (Array.isArray(aliases)) aliases.sort((a, b) => (jsonText(a) < jsonText(b) ? -1 : 1));
  return body;
}

function sortByScore(items: JsonValue[], score: (item: JsonValue) => number): void {
  items.sort((a, b) => {
    const apart = score(b) - score(a);
    return Math.abs(apart) > TOLERANCE ? apart : idOf(a) < idOf(b) ? -1 : 1;
  });
}

function bestScore(group: JsonValue): number {
  const hits = isObject(group) ? group.get('hits') : undefined;
  return Array.isArray(hits) ? scoreOf(hits[0] ?? null) : 0;
}

function scoreOf(point: JsonValue): number {
  return isObject(point) ? Number(point.get('score')) : 0;
}

function idOf(point: JsonValue): string {
  return isObject(point) ? jsonText(point.get('id') ?? null) : '';
}

function firstClause(body: JsonValue): string {
  const status = isObject(body) ? body.get('status') : undefined;
  const error = isObject(status) ? status.get('error') : undefined;
  return String(error ?? '').split(/[:`']/)[0] ?? '';
}
