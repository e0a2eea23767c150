import { failure } from '../api/api-error.ts';
import { type JsonValue, jsonText } from '../json/json-value.ts';

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
function integerId(value: bigint): PointId | undefined {
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

/** An id from a URL path; undefined where it is none. */
export function pathId(text: string): PointId | undefined {
  if (/^\+?\d{1,20}$/.test(text)) return integerId(BigInt(text.replace('+', '')));
  return uuidId(text);
}

const MASK = 0xffffffffffffffffn;

/** True where the id belongs to slice `index` of `total`: SipHash-2-4 with a zero key over 8 little-endian bytes of an integer or the 16 bytes of a UUID, modulo total. */
export function inSlice(id: PointId, total: bigint, index: bigint): boolean {
  return sipHash24(idBytes(id)) % total === index;
}

function idBytes(id: PointId): Buffer {
  if (typeof id === 'string') return Buffer.from(id.replaceAll('-', ''), 'hex');
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(id));
  return bytes;
}

type State = { v0: bigint; v1: bigint; v2: bigint; v3: bigint };

/** https://www.aumasson.jp/siphash/siphash.pdf, with both key halves 0. */
function sipHash24(bytes: Buffer): bigint {
  const state: State = { v0: 0x736f6d6570736575n, v1: 0x646f72616e646f6dn, v2: 0x6c7967656e657261n, v3: 0x7465646279746573n };
  const whole = bytes.length & ~7;
  for (let i = 0; i < whole; i += 8) mix(state, bytes.readBigUInt64LE(i));
  let last = BigInt(bytes.length & 0xff) << 56n;
  for (let i = whole; i < bytes.length; i++) last |= BigInt(bytes[i] ?? 0) << BigInt(8 * (i - whole));
  mix(state, last);
  state.v2 ^= 0xffn;
  for (let i = 0; i < 4; i++) round(state);
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

function mix(state: State, word: bigint): void {
  state.v3 ^= word;
  round(state);
  round(state);
  state.v0 ^= word;
}

function round(s: State): void {
  s.v0 = (s.v0 + s.v1) & MASK;
  s.v1 = rotate(s.v1, 13n) ^ s.v0;
  s.v0 = rotate(s.v0, 32n);
  s.v2 = (s.v2 + s.v3) & MASK;
  s.v3 = rotate(s.v3, 16n) ^ s.v2;
  s.v0 = (s.v0 + s.v3) & MASK;
  s.v3 = rotate(s.v3, 21n) ^ s.v0;
  s.v2 = (s.v2 + s.v1) & MASK;
  s.v1 = rotate(s.v1, 17n) ^ s.v2;
  s.v2 = rotate(s.v2, 32n);
}

function rotate(value: bigint, by: bigint): bigint {
  return ((value << by) | (value >> (64n - by))) & MASK;
}
