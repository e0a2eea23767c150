import { failure } from '../api/api-error.ts';
import { isObject, type JsonObject, type JsonValue, jsonText, mergeObject } from '../json/json-value.ts';
import { type JsonPath, mergeAt, parsePath, removeAt } from '../points/json-path.ts';
import { type Collection, EMPTY_PAYLOAD } from '../storage/collection.ts';
import { forEachPoint, type Operation, readTarget, type Target } from './operation.ts';

/** Merges the given keys into the payloads, at `key` where given. Throws 400, 422. */
export function setPayload(body: JsonObject): Operation {
  const payload = givenPayload(body);
  const key = givenKey(body.get('key') ?? null);
  const target = requireTarget(body);
  return (collection) =>
    edit(collection, target, (old) => {
      if (key === undefined) mergeObject(old, payload);
      else mergeAt(old, key, payload);
    });
}

/** Replaces the payloads whole. */
export function overwritePayload(body: JsonObject): Operation {
  const payload = givenPayload(body);
  givenKey(body.get('key') ?? null);
  const target = requireTarget(body);
  const text = jsonText(payload);
  return (collection) => forEachPoint(collection, target(collection), (slot) => collection.setPayload(slot, text));
}

/** Removes keys, given as paths, from the payloads. */
export function deletePayload(body: JsonObject): Operation {
  const keys = body.get('keys');
  if (!Array.isArray(keys)) throw failure.format('missing field `keys`');
  const paths = keys.map(toPath);
  const target = requireTarget(body);
  return (collection) =>
    edit(collection, target, (old) => {
      for (const path of paths) removeAt(old, path);
    });
}

/** Empties the payloads. */
export function clearPayload(body: JsonObject): Operation {
  const target = readTarget(body, () => failure.format('data did not match any variant of untagged enum PointsSelector'));
  return (collection) => forEachPoint(collection, target(collection), (slot) => collection.setPayload(slot, EMPTY_PAYLOAD));
}

function edit(collection: Collection, target: Target, change: (payload: JsonObject) => void): void {
  forEachPoint(collection, target(collection), (slot) => {
    const payload = collection.payload(slot);
    change(payload);
    collection.setPayload(slot, jsonText(payload));
  });
}

function givenPayload(body: JsonObject): JsonObject {
  const payload = body.get('payload');
  if (payload === undefined) throw failure.format('missing field `payload`');
  if (!isObject(payload)) throw failure.format('invalid type for payload, expected a map');
  return payload;
}

function givenKey(value: JsonValue): JsonPath | undefined {
  return value === null ? undefined : toPath(value);
}

function toPath(value: JsonValue): JsonPath {
  const path = typeof value === 'string' ? parsePath(value) : undefined;
  if (path === undefined) throw failure.format(`Invalid json path: \`${String(value)}\``);
  return path;
}

function requireTarget(body: JsonObject): Target {
  return readTarget(body, () => failure.format('Either list of point ids or filter must be provided'));
}
