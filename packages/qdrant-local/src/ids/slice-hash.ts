import type { PointId } from './point-id.ts';

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
