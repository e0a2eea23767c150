import { failure } from '../api-error.ts';
import type { JsonReader } from '../json/json-reader.ts';
import { jsonText } from '../json/json-text.ts';
import type { JsonValue } from '../json/json-value.ts';

/** A point's id: an unsigned 64-bit integer (number up to 2^53-1, bigint beyond, so that equal ids are equal Map keys) or a UUID in its one lower-case form. */
export type PointId = number | bigint | string;

const U64_MAX = 18446744073709551615n;
const HYPHENATED = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const SIMPLE = /^[0-9a-f]{32}$/;

/** Integers before UUIDs, each in its own order: the order of a scroll. */
export function compareIds(a: PointId, b: PointId): number {
  if (typeof a === 'string') {
    if (typeof b !== 'string') return 1;
    return a < b ? -1 : a > b ? 1 : 0;
  }
  if (typeof b === 'string') return -1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The id as it stands in JSON. */
export function idText(id: PointId): string {
  return typeof id === 'string' ? `"${id}"` : String(id);
}

/** The integer as an id; undefined below 0 and past 2^64-1. */
export function integerId(value: bigint): PointId | undefined {
  if (value < 0n || value > U64_MAX) return undefined;
  return value <= 9007199254740991n ? Number(value) : value;
}

/** A UUID in any of the spellings Qdrant takes (hyphens or none, braces, `urn:uuid:`, capitals) in its one form; undefined for anything else. */
export function uuidId(text: string): PointId | undefined {
  if (HYPHENATED.test(text)) return text;
  const lower = text.toLowerCase();
  const bare = lower.startsWith('urn:uuid:') ? lower.slice(9) : lower.startsWith('{') && lower.endsWith('}') ? lower.slice(1, -1) : lower;
  if (HYPHENATED.test(bare)) return bare;
  if (!SIMPLE.test(bare) || bare.length !== lower.length) return undefined;
  return `${bare.slice(0, 8)}-${bare.slice(8, 12)}-${bare.slice(12, 16)}-${bare.slice(16, 20)}-${bare.slice(20)}`;
}

/** Throws 400 with Qdrant's text where the value is no id. */
export function parseId(value: JsonValue): PointId {
  const id = typeof value === 'bigint' ? integerId(value) : typeof value === 'string' ? uuidId(value) : undefined;
  if (id === undefined) {
    const shown = typeof value === 'string' ? value : jsonText(value);
    throw failure.format(`value ${shown} is not a valid point ID, valid values are either an unsigned integer or a UUID`);
  }
  return id;
}

/** The id at the reader's place; small integers and UUIDs in their own form without detours. */
export function readId(reader: JsonReader): PointId {
  const value = reader.value();
  return parseId(value);
}

/** An id from a URL path; undefined where it is none. */
export function pathId(text: string): PointId | undefined {
  if (/^\+?\d{1,20}$/.test(text)) return integerId(BigInt(text.replace('+', '')));
  return uuidId(text);
}
