import { failure } from '../api/api-error.ts';
import { isObject, type JsonObject, type JsonValue } from '../json/json-value.ts';

/** What a field of a config section may hold: a kind of value, a list of words, or a section of its own. `min` and `max` are checked with 422. */
export type Field =
  | { kind: 'uint' | 'float'; min?: number; max?: number }
  | { kind: 'bool' | 'object' | 'any' }
  | { kind: 'word'; words: readonly string[] }
  | { kind: 'section'; fields: FieldTable };
export type FieldTable = Record<string, Field>;

/** Copies the known fields of a section in the table's order, leaving out what is null or unknown, as the server does. Throws 400 for a wrong kind, 422 for a value out of range. */
export function pickFields(fields: FieldTable, source: JsonObject, path: string): JsonObject {
  const picked: JsonObject = new Map();
  for (const [name, field] of Object.entries(fields)) {
    const value = source.get(name);
    if (value === undefined || value === null) continue;
    picked.set(name, checked(field, value, `${path}.${name}`));
  }
  return picked;
}

function checked(field: Field, value: JsonValue, path: string): JsonValue {
  switch (field.kind) {
    case 'uint':
      if (typeof value !== 'bigint' || value < 0n) throw wrongType(value, 'usize');
      return inRange(field, value, path);
    case 'float':
      if (typeof value !== 'bigint' && typeof value !== 'number') throw wrongType(value, 'f64');
      return inRange(field, Number(value), path);
    case 'bool':
      if (typeof value !== 'boolean') throw wrongType(value, 'a boolean');
      return value;
    case 'word':
      if (typeof value !== 'string' || !field.words.includes(value))
        throw failure.format(
          `unknown variant \`${String(value)}\`, expected one of ${field.words.map((word) => `\`${word}\``).join(', ')}`,
        );
      return value;
    case 'section':
      if (!isObject(value)) throw wrongType(value, 'a map');
      return pickFields(field.fields, value, path);
    case 'object':
      if (!isObject(value)) throw wrongType(value, 'a map');
      return value;
    default:
      return value;
  }
}

function inRange<T extends number | bigint>(field: { min?: number; max?: number }, value: T, path: string): T {
  const { min, max } = field;
  if ((min === undefined || Number(value) >= min) && (max === undefined || Number(value) <= max)) return value;
  const range =
    max === undefined ? `must be ${min} or larger` : min === undefined ? `must be ${max} or smaller` : `must be from ${min} to ${max}`;
  throw failure.validation(path, `value ${value} invalid, ${range}`);
}

function wrongType(value: JsonValue, expected: string) {
  return failure.format(`invalid type: ${describe(value)}, expected ${expected}`);
}

/** A value as Rust's serde names it in a type error. */
function describe(value: JsonValue): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return `string "${value}"`;
  if (typeof value === 'boolean') return `boolean \`${value}\``;
  if (typeof value === 'bigint') return `integer \`${value}\``;
  if (typeof value === 'number') return `floating point \`${value}\``;
  return Array.isArray(value) ? 'sequence' : 'map';
}

/** A count such as `limit`. Throws 400 where it is no unsigned integer, 422 below `min`. */
export function readCount(body: JsonObject, name: string, options: { fallback: number; min?: number; path?: string }): number {
  const value = body.get(name) ?? null;
  if (value === null) return options.fallback;
  if (typeof value !== 'bigint') throw failure.format(`invalid type: ${describe(value)}, expected usize`);
  if (value < 0n) throw failure.format(`invalid value: integer \`${value}\`, expected usize`);
  const count = Number(value);
  if (options.min !== undefined && count < options.min)
    throw failure.validation(`${options.path ?? ''}${name}`, `value ${count} invalid, must be ${options.min} or larger`);
  return count;
}
