import { parseJson } from '../json/json-reader.ts';
import type { JsonValue } from '../json/json-value.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The value of one top-level key of a payload's canonical text (no blanks, no key twice), without reading the others; undefined where it is not there. */
export function fieldOfText(text: string, key: string): JsonValue | undefined {
  const wanted = JSON.stringify(key);
  for (let at = 1; text.charCodeAt(at) === QUOTE; at++) {
    const keyEnd = endOfString(text, at);
    const valueEnd = endOfValue(text, keyEnd + 1);
    if (keyEnd - at === wanted.length && text.startsWith(wanted, at)) return parsed(text.slice(keyEnd + 1, valueEnd));
    at = valueEnd;
  }
  return undefined;
}

function parsed(text: string): JsonValue {
  const first = text.charCodeAt(0);
  if (first === QUOTE && !text.includes('\\')) return text.slice(1, -1);
  if (text === 'true') return true;
  if (text === 'false') return false;
  if (text === 'null') return null;
  return parseJson(Buffer.from(text));
}

/** The place after the string that starts at `at`. */
function endOfString(text: string, at: number): number {
  let end = text.indexOf('"', at + 1);
  while (text.charCodeAt(end - 1) === BACKSLASH && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end + 1;
}

/** An odd number of backslashes stands before it. */
function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++;
  return backslashes % 2 === 1;
}

/** The place after the value that starts at `at`. */
function endOfValue(text: string, at: number): number {
  let depth = 0;
  for (let place = at; ; ) {
    const code = text.charCodeAt(place);
    if (code === QUOTE) {
      place = endOfString(text, place);
      if (depth === 0) return place;
    } else if (code === 0x7b || code === 0x5b) {
      depth++;
      place++;
    } else if (code === 0x7d || code === 0x5d) {
      if (depth === 0) return place;
      place++;
      if (--depth === 0) return place;
    } else if (code === 0x2c && depth === 0) return place;
    else place++;
  }
}
