import { formatPayloadPath, type PayloadStep } from '@reembed/contracts';
import { skipJsonSpace, skipJsonString, skipJsonValue, walkJsonArray, walkJsonObject } from './payload-text.ts';

/**
 * The value at a path, undefined where the payload has none: where a key is missing, or a step leads into something that has no parts.
 * `[]` gives a list of what is found in every item. A string that holds a JSON object or list is read like one, for that is how some
 * libraries store what is nested. Only the value itself is parsed. A number that a double would change or spell differently
 * (9007199254740993, 1.0, 1e30) comes back as a string, its source text, wherever it stands in the value.
 */
export function readPayloadField(payload: string, path: readonly PayloadStep[]): unknown {
  const texts = fieldTexts(payload, path);
  if (path.includes(null)) return texts?.map(parsed);
  return texts?.[0] === undefined ? undefined : parsed(texts[0]);
}

/** The JSON texts of the values that a path leads to: one, or one for every item of a list; null where it leads nowhere. */
export function fieldTexts(payload: string, path: readonly PayloadStep[]): string[] | null {
  return textsAt(payload, skipJsonSpace(payload, 0), path);
}

function parsed(text: string): unknown {
  return JSON.parse(text, keepNumberText);
}

function textsAt(text: string, at: number, path: readonly PayloadStep[]): string[] | null {
  const [step, ...below] = path;
  if (step === undefined) return [text.slice(at, skipJsonValue(text, at))];
  if (text[at] === '"') {
    const inner = jsonWithin(text.slice(at, skipJsonString(text, at)));
    return inner === null ? null : textsAt(inner, skipJsonSpace(inner, 0), path);
  }
  if (step === null) return text[at] === '[' ? itemsAt(text, at).flatMap((item) => textsAt(text, item, below) ?? []) : null;
  const found = partAt(text, at, step);
  return found === -1 ? null : textsAt(text, found, below);
}

/** The JSON object or list that a JSON string holds; null where it holds other text. */
function jsonWithin(string: string): string | null {
  if (!/^"(\s|\\[nrt])*[{[]/.test(string)) return null;
  try {
    const inner = JSON.parse(string) as string;
    JSON.parse(inner);
    return inner;
  } catch {
    return null;
  }
}

function partAt(text: string, at: number, step: string | number): number {
  if (text[at] === '{' && typeof step === 'string') return memberAt(text, at, step);
  return text[at] === '[' && /^\d+$/.test(String(step)) ? (itemsAt(text, at)[Number(step)] ?? -1) : -1;
}

function memberAt(text: string, at: number, name: string): number {
  let found = -1;
  walkJsonObject(text, at, (key, valueAt) => {
    if (key !== name) return skipJsonValue(text, valueAt);
    found = valueAt;
    return -1;
  });
  return found;
}

function itemsAt(text: string, at: number): number[] {
  const items: number[] = [];
  walkJsonArray(text, at, (itemAt) => {
    items.push(itemAt);
    return skipJsonValue(text, itemAt);
  });
  return items;
}

/** `context.source` is in every engine this runs on (V8 of Node 21 and later), not yet in TypeScript's library. */
function keepNumberText(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || context?.source === undefined) return value;
  return String(value) === context.source ? value : context.source;
}

/** The paths one step below another, or of the payload's own keys: what else could have been meant. Lists are gone through item by item. */
export function pathsBelow(payload: string, path: readonly PayloadStep[]): string[] {
  return (fieldTexts(payload, path) ?? []).flatMap((text) => {
    const value = text.startsWith('"') ? (jsonWithin(text) ?? text) : text;
    if (value.trimStart().startsWith('[')) return pathsBelow(payload, [...path, null]);
    return value.trimStart().startsWith('{') ? keysOf(value).map((key) => formatPayloadPath([...path, key])) : [];
  });
}

function keysOf(object: string): string[] {
  const keys: string[] = [];
  walkJsonObject(object, skipJsonSpace(object, 0), (key, valueAt) => {
    keys.push(key);
    return skipJsonValue(object, valueAt);
  });
  return keys;
}
