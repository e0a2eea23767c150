import { spellDouble } from './decimal.ts';

/**
 * A JSON value read without loss: integers (spelled without `.` or `e`) are bigint, all other numbers are the double that Qdrant's parser makes of them,
 * objects are Maps so that keys keep their order whatever they look like.
 */
export type JsonValue = null | boolean | string | number | bigint | JsonValue[] | JsonObject;
export type JsonObject = Map<string, JsonValue>;

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return value instanceof Map;
}

/** Removes a key as the server's map does: the last entry takes its place. */
export function swapRemove(object: JsonObject, key: string): void {
  if (!object.has(key)) return;
  const entries = [...object];
  const place = entries.findIndex(([name]) => name === key);
  const last = entries.pop();
  if (last !== undefined && place < entries.length) entries[place] = last;
  object.clear();
  for (const [name, value] of entries) object.set(name, value);
}

/** Sets every key of `source` in `into`; a null removes its key. Values are shared, not copied. */
export function mergeObject(into: JsonObject, source: JsonObject): void {
  for (const [key, value] of source) {
    if (value === null) swapRemove(into, key);
    else into.set(key, value);
  }
}

/** The compact text of a value, spelled as Qdrant spells it. */
export function jsonText(value: JsonValue): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return spellDouble(value);
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`;
  let text = '';
  for (const [key, item] of value) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${jsonText(item)}`;
  return `{${text}}`;
}
