import { enter, leave, readTag, skipValue, tagOf, type WireMessage, wireType } from './wire-reader.ts';

/** Fields of Qdrant's Value, Struct and ListValue (json_with_int.proto), and of the entry of a map. */
export const value = { double: tagOf(2, wireType.fixed64), struct: tagOf(6, wireType.bytes), list: tagOf(7, wireType.bytes) };
const member = tagOf(1, wireType.bytes);
const entryValue = tagOf(2, wireType.bytes);

/**
 * Objects and lists within each other that are passed on: a server reads at most a hundred messages within one another, an object is three of
 * them, and REST knows no such limit.
 */
export const deepestPayload = 24;

/**
 * Whether an entry of a payload says what is stored. Values have no unsigned integers of 64 bits: one past 2^63 - 1 comes as the float next to it,
 * so a float of that size may be one. Such an entry, and one that is nested too deep, is read as text.
 */
export function entryKeeps(entry: WireMessage): boolean {
  return everyKeeps(entry, entryValue, valueKeeps, 0);
}

/**
 * Whether every message in `field` keeps; other fields are leapt over. Functions that `keeps` may be are made once: one for each of millions of messages is more
 * garbage than all else.
 */
function everyKeeps(message: WireMessage, field: number, keeps: (message: WireMessage, depth: number) => boolean, depth: number): boolean {
  let all = true;
  while (message.at < message.end) {
    const tag = readTag(message);
    if (tag !== field) skipValue(message, tag);
    else {
      const outer = enter(message);
      all &&= keeps(message, depth);
      leave(message, outer);
    }
  }
  return all;
}

function valueKeeps(message: WireMessage, depth: number): boolean {
  let keeps = true;
  while (message.at < message.end) {
    const tag = readTag(message);
    if (tag === value.double && mayBeInteger(message)) keeps = false;
    if (tag !== value.struct && tag !== value.list) skipValue(message, tag);
    else {
      const outer = enter(message);
      keeps &&= depth < deepestPayload && everyKeeps(message, member, tag === value.list ? valueKeeps : memberKeeps, depth + 1);
      leave(message, outer);
    }
  }
  return keeps;
}

/** Of an object within a payload. */
function memberKeeps(message: WireMessage, depth: number): boolean {
  return everyKeeps(message, entryValue, valueKeeps, depth);
}

/** Whether the float that begins here is at least 2^63 and less than 2^65: by its exponent, the first twelve bits. */
function mayBeInteger({ bytes, at }: WireMessage): boolean {
  return bytes[at + 7] === 0x43 && (bytes[at + 6] ?? 0) >= 0xe0;
}
