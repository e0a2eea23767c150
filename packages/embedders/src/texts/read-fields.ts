import type { PointId } from '@reembed/contracts';
import { pointIdToJson, skipJsonSpace, skipJsonValue, walkJsonObject } from '@reembed/core';

/** The members of the JSON object that begins at `at`, as they are spelled. */
export function membersOf(text: string, at: number): Map<string, string> {
  const members = new Map<string, string>();
  walkJsonObject(text, skipJsonSpace(text, at), (key, valueAt) => {
    const end = skipJsonValue(text, valueAt);
    members.set(key, text.slice(valueAt, end));
    return end;
  });
  return members;
}

/**
 * What a service's answer `{"texts": {"812": "…", "uuid": {"title": "…"}}}` has for these points: a string is the field `text`, null is
 * nothing. Null where the answer is not of that shape.
 */
export function readAnswer(answer: string, ids: readonly PointId[]): Map<string, string> | null {
  const texts = isJson(answer) && answer.trimStart().startsWith('{') ? membersOf(answer, 0).get('texts') : undefined;
  if (!texts?.startsWith('{')) return null;
  const given = membersOf(texts, 0);
  const found = new Map<string, string>();
  for (const id of ids) {
    const value = given.get(id.id) ?? 'null';
    if (value === 'null') continue;
    if (value.startsWith('{')) found.set(pointIdToJson(id), value);
    else if (value.startsWith('"')) found.set(pointIdToJson(id), `{"text":${value}}`);
    else return null;
  }
  return found;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
