import { skipJsonSpace, skipJsonString, skipJsonValue, walkJsonArray, walkJsonObject } from '@reembed/core';
import { deepestPayload } from './payload-loss.ts';
import type { WireWriter } from './wire-writer.ts';

/** Fields of Qdrant's Value, Struct and ListValue (json_with_int.proto), and of the entry of a map. */
const value = { null: 1, double: 2, integer: 3, text: 4, bool: 5, struct: 6, list: 7 } as const;
const entry = { key: 1, value: 2 } as const;
const member = 1;

const [smallestInteger, largestInteger] = [-(2n ** 63n), 2n ** 63n - 1n];

/**
 * Writes the members of a JSON object as entries of a `map<string, Value>`, each as field `field`. Answers false where the payload holds what
 * would arrive as something else: an integer of more than 63 bits and a sign, or more objects and lists within each other than a server reads.
 * What has been written by then is of no use.
 */
export function writePayload(writer: WireWriter, field: number, json: string): boolean {
  return writeMembers(writer, field, json, skipJsonSpace(json, 0), 0);
}

function writeMembers(writer: WireWriter, field: number, json: string, at: number, depth: number): boolean {
  let keeps = depth <= deepestPayload;
  if (!keeps) return false;
  walkJsonObject(json, at, (key, valueAt) => {
    writer.nested(field, () => {
      writer.text(entry.key, key);
      writer.nested(entry.value, () => {
        keeps &&= writeValue(writer, json, valueAt, depth);
      });
    });
    return skipJsonValue(json, valueAt);
  });
  return keeps;
}

function writeItems(writer: WireWriter, json: string, at: number, depth: number): boolean {
  let keeps = depth <= deepestPayload;
  if (!keeps) return false;
  walkJsonArray(json, at, (itemAt) => {
    writer.nested(member, () => {
      keeps &&= writeValue(writer, json, itemAt, depth);
    });
    return skipJsonValue(json, itemAt);
  });
  return keeps;
}

function writeValue(writer: WireWriter, json: string, at: number, depth: number): boolean {
  let keeps = true;
  const first = json[at];
  if (first === '{')
    writer.nested(value.struct, () => {
      keeps = writeMembers(writer, member, json, at, depth + 1);
    });
  else if (first === '[')
    writer.nested(value.list, () => {
      keeps = writeItems(writer, json, at, depth + 1);
    });
  else if (first === '"') writer.text(value.text, readString(json, at));
  else if (first === 't' || first === 'f') writer.varint(value.bool, first === 't' ? 1 : 0);
  else if (first === 'n') writer.varint(value.null, 0);
  else return writeNumber(writer, json.slice(at, skipJsonValue(json, at)));
  return keeps;
}

function readString(json: string, at: number): string {
  const end = skipJsonString(json, at);
  const raw = json.slice(at + 1, end - 1);
  return raw.includes('\\') ? (JSON.parse(json.slice(at, end)) as string) : raw;
}

/** Digits alone are an integer; everything else is a float, as for Qdrant's own reader (`-0` too, which no integer is). */
function writeNumber(writer: WireWriter, source: string): boolean {
  if (!/^-?\d+$/.test(source) || source === '-0') {
    const number = Number(source);
    if (Number.isNaN(number)) throw new SyntaxError(`${source} is no JSON value`);
    writer.double(value.double, number);
    return true;
  }
  const small = Number(source);
  if (small >= 0 && small <= Number.MAX_SAFE_INTEGER) {
    writer.varint(value.integer, small);
    return true;
  }
  const integer = BigInt(source);
  if (integer < smallestInteger || integer > largestInteger) return false;
  writer.varint(value.integer, integer);
  return true;
}
