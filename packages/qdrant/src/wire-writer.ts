import { tagOf, wireType } from './wire-reader.ts';

/**
 * Writes protobuf's wire format forwards. The length of a nested message stands before it and is known after it: four bytes are left for it,
 * and a length that needs fewer is padded, which every reader takes (a varint may end in groups of zeros).
 */
export type WireWriter = {
  varint(field: number, value: number | bigint): void;
  double(field: number, value: number): void;
  text(field: number, value: string): void;
  bytes(field: number, value: Uint8Array): void;
  nested(field: number, write: () => void): void;
  /** A number of a packed list, without a tag. */
  number(value: number): void;
  /** What has been written. It stays valid; the writer is not used again. */
  finish(): Buffer;
};

const lengthBytes = 4;
const longestNested = 2 ** 28 - 1;

/** `room`: about how many bytes it will be; it grows where that was too little. */
export function createWireWriter(room = 1024): WireWriter {
  let buffer = Buffer.allocUnsafe(room);
  let at = 0;
  const make = (bytes: number) => {
    if (buffer.length - at >= bytes) return;
    const larger = Buffer.allocUnsafe(Math.max(buffer.length * 2, at + bytes));
    buffer.copy(larger, 0, 0, at);
    buffer = larger;
  };
  const number = (value: number) => {
    make(10);
    let rest = value;
    for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) buffer[at++] = (rest % 0x80) | 0x80;
    buffer[at++] = rest;
  };
  const big = (value: bigint) => {
    make(10);
    let rest = BigInt.asUintN(64, value);
    for (; rest > 0x7fn; rest >>= 7n) buffer[at++] = Number(rest & 0x7fn) | 0x80;
    buffer[at++] = Number(rest);
  };
  const tag = (field: number, type: number) => number(tagOf(field, type));
  const raw = (value: Uint8Array) => {
    make(value.length);
    buffer.set(value, at);
    at += value.length;
  };

  return {
    varint(field, value) {
      tag(field, wireType.varint);
      if (typeof value === 'bigint') big(value);
      else number(value);
    },
    double(field, value) {
      tag(field, wireType.fixed64);
      make(8);
      at = buffer.writeDoubleLE(value, at);
    },
    text(field, value) {
      tag(field, wireType.bytes);
      number(Buffer.byteLength(value));
      make(value.length * 3);
      at += buffer.write(value, at, 'utf8');
    },
    bytes(field, value) {
      tag(field, wireType.bytes);
      number(value.length);
      raw(value);
    },
    nested(field, write) {
      tag(field, wireType.bytes);
      make(lengthBytes);
      const before = at;
      at += lengthBytes;
      write();
      const length = at - before - lengthBytes;
      if (length > longestNested) throw new RangeError(`a part of ${length} bytes is too long for one request`);
      for (let i = 0; i < lengthBytes; i++) buffer[before + i] = ((length >>> (7 * i)) & 0x7f) | (i < lengthBytes - 1 ? 0x80 : 0);
    },
    number,
    finish: () => buffer.subarray(0, at),
  };
}
