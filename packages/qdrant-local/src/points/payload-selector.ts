import { failure } from '../api/api-error.ts';
import { isObject, type JsonObject, type JsonValue } from '../json/json-value.ts';
import { type JsonPath, type PathStep, parsePath } from './json-path.ts';

/** Which part of a payload to answer with. */
export type PayloadSelector = { kind: 'all' } | { kind: 'none' } | { kind: 'include' | 'exclude'; paths: JsonPath[] };

const EXPECTED = 'Expected a boolean, an array of strings, or an object with an include/exclude field';

/** A request's `with_payload`; `fallback` where it is absent. Throws 400. */
export function readPayloadSelector(value: JsonValue | undefined, fallback: boolean): PayloadSelector {
  const given = value === undefined || value === null ? fallback : value;
  if (typeof given === 'boolean') return { kind: given ? 'all' : 'none' };
  if (Array.isArray(given)) return { kind: 'include', paths: given.map(selectorPath) };
  if (isObject(given) && given.size === 1) {
    for (const kind of ['include', 'exclude'] as const) {
      const paths = given.get(kind);
      if (Array.isArray(paths)) return { kind, paths: paths.map(selectorPath) };
    }
  }
  throw failure.format(EXPECTED);
}

function selectorPath(value: JsonValue): JsonPath {
  const path = typeof value === 'string' ? parsePath(value) : undefined;
  if (path === undefined) throw failure.format(EXPECTED);
  return path;
}

/** The selected part of a payload, its keys in the payload's order. */
export function selectPayload(payload: JsonObject, selector: { kind: 'include' | 'exclude'; paths: JsonPath[] }): JsonObject {
  const keep = selector.kind === 'include' ? includes : notExcluded;
  const selected: JsonObject = new Map();
  for (const [key, value] of payload) {
    const here: JsonPath = { first: key, rest: [] };
    if (keep(selector.paths, here)) selected.set(key, filtered(value, here, selector.paths, keep));
  }
  return selected;
}

type Keep = (paths: JsonPath[], here: JsonPath) => boolean;

function filtered(value: JsonValue, here: JsonPath, paths: JsonPath[], keep: Keep): JsonValue {
  if (isObject(value)) {
    const object: JsonObject = new Map();
    for (const [key, item] of value) {
      const below = { first: here.first, rest: [...here.rest, { kind: 'key' as const, key }] };
      if (keep(paths, below)) object.set(key, filtered(item, below, paths, keep));
    }
    return object;
  }
  if (!Array.isArray(value)) return value;
  const below: JsonPath = { first: here.first, rest: [...here.rest, { kind: 'all' }] };
  return value.filter(() => keep(paths, below)).map((item) => filtered(item, below, paths, keep));
}

/** One is the beginning of the other. */
function includes(paths: JsonPath[], here: JsonPath): boolean {
  return paths.some(
    (path) => path.first === here.first && here.rest.every((step, i) => i >= path.rest.length || sameStep(step, path.rest[i])),
  );
}

/** No path is the beginning of this place. */
function notExcluded(paths: JsonPath[], here: JsonPath): boolean {
  return !paths.some((path) => path.first === here.first && path.rest.every((step, i) => sameStep(step, here.rest[i])));
}

function sameStep(a: PathStep, b: PathStep | undefined): boolean {
  if (b === undefined || a.kind !== b.kind) return false;
  if (a.kind === 'key') return b.kind === 'key' && a.key === b.key;
  return a.kind === 'all' || (b.kind === 'index' && a.index === b.index);
}
