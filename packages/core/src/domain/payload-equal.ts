import { skipJsonSpace, skipJsonValue, walkJsonArray, walkJsonObject } from './payload-text.ts';

/**
 * Whether two payload texts say the same: equal text, or equal values with keys in any order and numbers by spelling, so that `1.0` and
 * `1` differ. A later set_payload may order keys differently than the copy did.
 */
export function payloadsEqual(a: string, b: string): boolean {
  return a === b || canonical(a, skipJsonSpace(a, 0)) === canonical(b, skipJsonSpace(b, 0));
}

/**
 * The value at `at` with keys sorted and strings escaped in one way. Walked as text, because V8 13.6 parses an object's key `"` as `\`
 * where an earlier object had that key in the same place: two payloads that differ would look equal.
 */
function canonical(text: string, at: number): string {
  const first = text[at];
  if (first === '{') return `{${members(text, at).sort().join()}}`;
  if (first === '[') return `[${items(text, at).join()}]`;
  const source = text.slice(at, skipJsonValue(text, at));
  return first === '"' ? JSON.stringify(JSON.parse(source)) : source;
}

function members(text: string, at: number): string[] {
  const found: string[] = [];
  walkJsonObject(text, at, (key, valueAt) => {
    found.push(`${JSON.stringify(key)}:${canonical(text, valueAt)}`);
    return skipJsonValue(text, valueAt);
  });
  return found;
}

function items(text: string, at: number): string[] {
  const found: string[] = [];
  walkJsonArray(text, at, (itemAt) => {
    found.push(canonical(text, itemAt));
    return skipJsonValue(text, itemAt);
  });
  return found;
}
