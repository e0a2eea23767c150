import { isObject, type JsonObject, type JsonValue, mergeObject, swapRemove } from '../json/json-value.ts';

/** A step below the first key: a key of an object, a place in an array, or `[]`, every item of an array. */
export type PathStep = { kind: 'key'; key: string } | { kind: 'index'; index: number } | { kind: 'all' };
/** A path into a payload, `a.b[0].c[]."quoted key"`. */
export type JsonPath = { first: string; rest: PathStep[] };

const FIRST = /^(?:([\p{Alphabetic}\p{N}_-]+)|"([^"\\]*)")/u;
const NEXT = /^(?:\.([\p{Alphabetic}\p{N}_-]+)|\."([^"\\]*)"|\[(\d+)\]|(\[\]))/u;

/** Undefined where the text is no path. */
export function parsePath(text: string): JsonPath | undefined {
  const head = FIRST.exec(text);
  if (head === null) return undefined;
  const rest: PathStep[] = [];
  let left = text.slice(head[0].length);
  while (left !== '') {
    const next = NEXT.exec(left);
    if (next === null) return undefined;
    const [all, plain, quoted, index] = next;
    const key = plain ?? quoted;
    rest.push(key !== undefined ? { kind: 'key', key } : index !== undefined ? { kind: 'index', index: Number(index) } : { kind: 'all' });
    left = left.slice(all.length);
  }
  return { first: head[1] ?? head[2] ?? '', rest };
}

/** The path with `[]` at its end, as nested conditions read it. */
export function arrayPath(path: JsonPath): JsonPath {
  return path.rest.at(-1)?.kind === 'all' ? path : { first: path.first, rest: [...path.rest, { kind: 'all' }] };
}

/** Every value the path leads to, below the value of its first key; none where it leads nowhere. */
export function valuesAt(value: JsonValue | undefined, path: JsonPath): JsonValue[] {
  if (value !== undefined && path.rest.length === 0) return [value];
  const found: JsonValue[] = [];
  collect(value, path.rest, 0, found);
  return found;
}

function collect(value: JsonValue | undefined, steps: PathStep[], at: number, found: JsonValue[]): void {
  if (value === undefined) return;
  const step = steps[at];
  if (step === undefined) found.push(value);
  else if (step.kind === 'key' && isObject(value)) collect(value.get(step.key), steps, at + 1, found);
  else if (step.kind === 'index' && Array.isArray(value)) collect(value[step.index], steps, at + 1, found);
  else if (step.kind === 'all' && Array.isArray(value)) for (const item of value) collect(item, steps, at + 1, found);
}

/** Merges `source` into the object at the path, making objects on the way where other things stand. */
export function mergeAt(payload: JsonObject, path: JsonPath, source: JsonObject): void {
  payload.set(path.first, merged(payload.get(path.first), path.rest, 0, source));
}

function merged(value: JsonValue | undefined, steps: PathStep[], at: number, source: JsonObject): JsonValue {
  const step = steps[at];
  if (step === undefined || step.kind === 'key') {
    const object: JsonObject = isObject(value) ? value : new Map();
    if (step === undefined) mergeObject(object, source);
    else object.set(step.key, merged(object.get(step.key), steps, at + 1, source));
    return object;
  }
  if (!Array.isArray(value)) return [];
  for (const [i, item] of value.entries()) if (step.kind === 'all' || step.index === i) value[i] = merged(item, steps, at + 1, source);
  return value;
}

/** Removes what the path leads to. */
export function removeAt(payload: JsonObject, path: JsonPath): void {
  const [step, ...rest] = path.rest;
  if (step === undefined) swapRemove(payload, path.first);
  else removeBelow(payload.get(path.first), step, rest);
}

function removeBelow(value: JsonValue | undefined, step: PathStep, rest: PathStep[]): void {
  const [next, ...further] = rest;
  if (next === undefined) removeStep(value, step);
  else if (step.kind === 'key' && isObject(value)) removeBelow(value.get(step.key), next, further);
  else if (step.kind === 'index' && Array.isArray(value)) removeBelow(value[step.index], next, further);
  else if (step.kind === 'all' && Array.isArray(value)) for (const item of value) removeBelow(item, next, further);
}

/** A place in an array is not removed: doing it twice would take two items. */
function removeStep(value: JsonValue | undefined, step: PathStep): void {
  if (step.kind === 'key' && isObject(value)) swapRemove(value, step.key);
  else if (step.kind === 'all' && Array.isArray(value)) value.length = 0;
}
