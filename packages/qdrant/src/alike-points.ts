import type { Likeness } from '@reembed/core';
import { isDenseWithValues } from './finite-vectors.ts';
import { entryKeeps, value } from './payload-loss.ts';
import { retrievedPoint } from './splice-page.ts';
import {
  enter,
  readNested,
  readTag,
  readText,
  skipValue,
  tagOf,
  viewOf,
  type WireMessage,
  walkFields,
  wireMessage,
  wireType,
} from './wire-reader.ts';

/** Entries of a protobuf map; a key that comes twice is there once. */
type Entries = ReadonlyMap<string, WireMessage>;
type Point = { readonly payload: readonly WireMessage[]; readonly vectors: Entries };

const entry = { key: tagOf(1, wireType.bytes), value: tagOf(2, wireType.bytes) };
const vectorsOutput = { one: tagOf(1, wireType.bytes), named: tagOf(2, wireType.bytes) };
const member = tagOf(1, wireType.bytes);
/** So few bytes are held against each other sooner than a call into Node begins. */
const shortBytes = 64;
/** Of so many each is held against each; of more a map is made sooner. */
const fewEntries = 64;

/**
 * Whether two RetrievedPoints surely are alike. Equal bytes are equal values, but for what gRPC cannot say (`entryKeeps`); a map's entries come in any
 * order, so each is held against the one of its key. False wherever anything is not known.
 */
export function pointsAreAlike(source: Uint8Array, target: Uint8Array, { kept, made }: Likeness): boolean {
  // Of two that are equal, one is enough to be asked.
  const [one, other] = [readPoint(source, entryKeeps), readPoint(target, null)];
  if (one === null || other === null || !samePayload(one.payload, other.payload)) return false;
  return (
    kept.every(({ name, from }) => sameIfThere(one.vectors.get(from), other.vectors.get(name))) &&
    made.every((name) => isThere(other.vectors.get(name)))
  );
}

/** Null where it holds what is not known here, or what would not be told from something else. */
function readPoint(bytes: Uint8Array, keeps: ((entry: WireMessage) => boolean) | null): Point | null {
  const point = wireMessage(bytes);
  const payload: WireMessage[] = [];
  let vectors: Entries = new Map();
  while (point.at < point.end) {
    const tag = readTag(point);
    if (tag % 8 !== wireType.bytes) return null;
    const field = readNested(point);
    if (tag === retrievedPoint.payload) {
      if (keeps !== null && !keeps({ ...field })) return null;
      payload.push(field);
    } else if (tag === retrievedPoint.vectors) vectors = readVectors(field);
    else if (tag !== retrievedPoint.id) return null;
  }
  return { payload, vectors };
}

/**
 * Whether two payloads have the same entries, which each answer has in an order of its own. Nearly always they are the same bytes, each under a key of its own;
 * what is not is looked into.
 */
function samePayload(one: readonly WireMessage[], other: readonly WireMessage[]): boolean {
  if (one.length !== other.length) return false;
  return (one.length <= fewEntries && sameStretches(one, [...other]) && keysDiffer(one)) || sameEntries(mapOf(one), mapOf(other));
}

/** Takes from `left` what it has found. */
function sameStretches(one: readonly WireMessage[], left: WireMessage[]): boolean {
  for (const stretch of one) {
    let at = 0;
    while (at < left.length && !sameBytes(stretch, left[at] as WireMessage)) at++;
    const last = left.pop();
    if (last === undefined || at > left.length) return false;
    if (at < left.length) left[at] = last;
  }
  return true;
}

/** Whether no two entries have a key together: of those that have, the last one counts. Where that takes more than a look they may. */
function keysDiffer(entries: readonly WireMessage[]): boolean {
  for (let i = 0; i < entries.length; i++) {
    const one = entries[i] as WireMessage;
    if (!isPlain(one)) return false;
    for (let j = 0; j < i; j++) if (sameKey(one, entries[j] as WireMessage)) return false;
  }
  return true;
}

/** Whether it is one key, whose length takes one byte, then one value, and nothing else: of fields that come twice, the last one counts. */
function isPlain(one: WireMessage): boolean {
  const { bytes, at, end } = one;
  const length = bytes[at + 1] as number;
  const valueAt = at + 2 + length;
  if (bytes[at] !== entry.key || length >= 0x80 || valueAt >= end || bytes[valueAt] !== entry.value) return false;
  one.at = valueAt + 1;
  enter(one);
  const isAll = one.end === end;
  one.at = at;
  one.end = end;
  return isAll;
}

/** Of two plain entries. */
function sameKey(one: WireMessage, other: WireMessage): boolean {
  const length = one.bytes[one.at + 1] as number;
  for (let i = 1; i < length + 2; i++) if (one.bytes[one.at + i] !== other.bytes[other.at + i]) return false;
  return true;
}

function mapOf(stretches: readonly WireMessage[]): Entries {
  const entries = new Map<string, WireMessage>();
  for (const stretch of stretches) addEntry(entries, { ...stretch });
  return entries;
}

/** By name; one alone is the unnamed one. */
function readVectors(message: WireMessage): Entries {
  const vectors = new Map<string, WireMessage>();
  walkFields(message, (tag) => {
    if (tag === vectorsOutput.one) vectors.set('', readNested(message));
    else if (tag === vectorsOutput.named) for (const [name, vector] of readMap(readNested(message))) vectors.set(name, vector);
    else return false;
    return true;
  });
  return vectors;
}

/** Of a message that is nothing but a map. */
function readMap(message: WireMessage): Entries {
  const entries = new Map<string, WireMessage>();
  walkFields(message, (tag) => {
    if (tag !== member) return false;
    addEntry(entries, readNested(message));
    return true;
  });
  return entries;
}

/** Without walkFields, which would take a function made anew for each of millions of entries. */
function addEntry(entries: Map<string, WireMessage>, message: WireMessage): void {
  let key = '';
  let found: WireMessage | null = null;
  while (message.at < message.end) {
    const tag = readTag(message);
    if (tag === entry.key) key = readText(message);
    else if (tag === entry.value) found = readNested(message);
    else skipValue(message, tag);
  }
  entries.set(key, found ?? message);
}

function sameEntries(one: Entries, other: Entries): boolean {
  if (one.size !== other.size) return false;
  for (const [key, found] of one) {
    const same = other.get(key);
    if (same === undefined || !sameValue(found, same)) return false;
  }
  return true;
}

/** In another order the entries of an object take as many bytes. */
function sameValue(one: WireMessage, other: WireMessage): boolean {
  if (sameBytes(one, other)) return true;
  if (one.end - one.at !== other.end - other.at) return false;
  const [a, b] = [onlyField(one), onlyField(other)];
  if (a === null || b === null || a.tag !== b.tag) return false;
  if (a.tag === value.struct) return sameEntries(readMap(a.field), readMap(b.field));
  return a.tag === value.list && sameItems(readList(a.field), readList(b.field));
}

/** The one field of a value, where it is one that holds others. */
function onlyField(message: WireMessage): { readonly tag: number; readonly field: WireMessage } | null {
  const within = { ...message };
  const tag = readTag(within);
  if (tag !== value.struct && tag !== value.list) return null;
  const field = readNested(within);
  return within.at === within.end ? { tag, field } : null;
}

function readList(message: WireMessage): WireMessage[] {
  const items: WireMessage[] = [];
  walkFields(message, (tag) => {
    if (tag !== member) return false;
    items.push(readNested(message));
    return true;
  });
  return items;
}

function sameItems(one: readonly WireMessage[], other: readonly WireMessage[]): boolean {
  return one.length === other.length && one.every((item, at) => sameValue(item, other[at] as WireMessage));
}

function sameIfThere(one: WireMessage | undefined, other: WireMessage | undefined): boolean {
  return one === undefined || other === undefined ? one === other : sameBytes(one, other);
}

function sameBytes(one: WireMessage, other: WireMessage): boolean {
  const length = one.end - one.at;
  if (other.end - other.at !== length) return false;
  if (length <= shortBytes) {
    for (let i = 0; i < length; i++) if (one.bytes[one.at + i] !== other.bytes[other.at + i]) return false;
    return true;
  }
  return viewOf(one.bytes).compare(other.bytes, other.at, other.end, one.at, one.end) === 0;
}

/** For vectors that are not dense this is not the place to say. */
function isThere(vector: WireMessage | undefined): boolean {
  return vector !== undefined && isDenseWithValues({ ...vector });
}
