import { readNested, tagOf, type WireMessage, walkFields, wireType } from './wire-reader.ts';

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
  return membersKeep(entry, entryValue, 0);
}

/** Of an entry of a map, and of a list, everything that matters is in one field. */
function membersKeep(message: WireMessage, field: number, depth: number): boolean {
  let keeps = true;
  walkFields(message, (tag) => {
    if (tag !== field) return false;
    keeps &&= valueKeeps(readNested(message), depth);
    return true;
  });
  return keeps;
}

function valueKeeps(message: WireMessage, depth: number): boolean {
  let keeps = true;
  walkFields(message, (tag) => {
    if (tag === value.double) {
      if (mayBeInteger(message)) keeps = false;
      return false;
    }
    if (tag !== value.struct && tag !== value.list) return false;
    const inner = readNested(message);
    keeps &&= depth < deepestPayload && (tag === value.list ? membersKeep(inner, member, depth + 1) : structKeeps(inner, depth + 1));
    return true;
  });
  return keeps;
}

function structKeeps(message: WireMessage, depth: number): boolean {
  let keeps = true;
  walkFields(message, (tag) => {
    if (tag !== member) return false;
    keeps &&= membersKeep(readNested(message), entryValue, depth);
    return true;
  });
  return keeps;
}

/** Whether the float that begins here is at least 2^63 and less than 2^65: by its exponent, the first twelve bits. */
function mayBeInteger({ bytes, at }: WireMessage): boolean {
  return bytes[at + 7] === 0x43 && (bytes[at + 6] ?? 0) >= 0xe0;
}
