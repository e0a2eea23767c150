/**
 * Reading protobuf's wire format (https://protobuf.dev/programming-guides/encoding/) without a schema: a message is walked field by field, and
 * what nobody asks for is leapt over. No length is trusted: each is held against the bytes that are there. What is malformed throws SyntaxError.
 */

/** A stretch of bytes that holds one message, and how far it has been read. */
export type WireMessage = { readonly bytes: Uint8Array; at: number; end: number };

/** How a value is laid out, the lower three bits of a tag. */
export const wireType = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const mostVarintBytes = 10;

export function wireMessage(bytes: Uint8Array): WireMessage {
  return { bytes, at: 0, end: bytes.length };
}

/** The number of a field and the layout of its value as one number, `field << 3 | type`. */
export function tagOf(field: number, type: number): number {
  return field * 8 + type;
}

/** The next tag. Field numbers begin at 1. */
export function readTag(message: WireMessage): number {
  const tag = readVarint(message);
  if (tag < 8) throw malformed(message, 'a field without a number');
  return tag;
}

/** An unsigned integer up to 2^53 - 1: lengths, tags, enums. */
export function readVarint(message: WireMessage): number {
  let value = 0;
  let factor = 1;
  for (let i = 0; i < mostVarintBytes; i++) {
    if (message.at >= message.end) throw malformed(message, 'a number that does not end');
    const byte = message.bytes[message.at++] as number;
    value += (byte & 0x7f) * factor;
    if (value > Number.MAX_SAFE_INTEGER) throw malformed(message, 'a number that is too large for what it counts');
    if (byte < 0x80) return value;
    factor *= 0x80;
  }
  throw malformed(message, 'a number of more than ten bytes');
}

/** An unsigned integer of 64 bits, in decimal digits: the id of a point. */
export function readUint64(message: WireMessage): string {
  let [low, high, factor] = [0, 0n, 1];
  for (let i = 0; i < mostVarintBytes; i++) {
    if (message.at >= message.end) throw malformed(message, 'a number that does not end');
    const byte = message.bytes[message.at++] as number;
    // Seven bytes are a safe integer, and most ids need no more.
    if (i < 7) low += (byte & 0x7f) * factor;
    else high |= BigInt(byte & 0x7f) << BigInt(7 * i);
    factor *= 0x80;
    if (byte >= 0x80) continue;
    if (high === 0n) return String(low);
    const value = high | BigInt(low);
    if (value >= 2n ** 64n) break;
    return String(value);
  }
  throw malformed(message, 'a number of more than 64 bits');
}

/**
 * Narrows the reader to the message that comes next, for `leave` to take back: a page has some ten thousand messages within messages, and an object for each is
 * more garbage than all else of it. Answers where the reader ended before. Whoever
 * enters leaves, also where it has seen enough.
 */
export function enter(message: WireMessage): number {
  const outer = message.end;
  message.end = endOfNext(message);
  return outer;
}

/** Goes on behind a message that was entered, however much of it was read. */
export function leave(message: WireMessage, outer: number): void {
  message.at = message.end;
  message.end = outer;
}

/** The message, text or bytes that come next, as a stretch of their own; the reader goes on behind them. */
export function readNested(message: WireMessage): WireMessage {
  const end = endOfNext(message);
  const nested = { bytes: message.bytes, at: message.at, end };
  message.at = end;
  return nested;
}

function endOfNext(message: WireMessage): number {
  const length = readVarint(message);
  if (length > message.end - message.at) throw malformed(message, `${length} bytes are promised and ${message.end - message.at} are there`);
  return message.at + length;
}

/** Text in UTF-8. */
export function readText(message: WireMessage): string {
  const { bytes, at, end } = readNested(message);
  return viewOf(bytes).toString('utf8', at, end);
}

/** The same bytes with a buffer's methods. What a client hands over is a buffer already: one made for each text costs more than the text. */
export function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Leaps over the value of a field that nobody asks for. */
export function skipValue(message: WireMessage, tag: number): void {
  const type = tag % 8;
  if (type === wireType.varint) skipVarint(message);
  else if (type === wireType.bytes) message.at = endOfNext(message);
  else if (type === wireType.fixed64) skipBytes(message, 8);
  else if (type === wireType.fixed32) skipBytes(message, 4);
  else throw malformed(message, `a value of an unknown layout, ${type}`);
}

function skipVarint(message: WireMessage): void {
  for (let i = 0; i < mostVarintBytes; i++) {
    if (message.at >= message.end) throw malformed(message, 'a number that does not end');
    if ((message.bytes[message.at++] as number) < 0x80) return;
  }
  throw malformed(message, 'a number of more than ten bytes');
}

function skipBytes(message: WireMessage, length: number): void {
  if (length > message.end - message.at) throw malformed(message, `${length} bytes are promised and ${message.end - message.at} are there`);
  message.at += length;
}

/** Calls `visit` with the tag of every field; it reads the value and answers true, or answers false and the value is leapt over. */
export function walkFields(message: WireMessage, visit: (tag: number) => boolean): void {
  while (message.at < message.end) {
    const tag = readTag(message);
    if (!visit(tag)) skipValue(message, tag);
  }
}

function malformed({ at, bytes }: WireMessage, what: string): SyntaxError {
  return new SyntaxError(`protobuf message at ${at} of ${bytes.length}: ${what}`);
}
