import type { PointId } from '@reembed/contracts';
import { comparePointIds, type RawPage, type RawPoint } from '@reembed/core';
import { readPointId, scrollResponse } from './splice-page.ts';
import { readNested, readTag, skipValue, tagOf, walkFields, wireMessage, wireType } from './wire-reader.ts';

const retrievedId = tagOf(1, wireType.bytes);

/** The points of a ScrollResponse up to `end`, each as the bytes of its message. Throws SyntaxError where it is no such answer. */
export function rawPage(answer: Uint8Array, end: PointId | null): RawPage {
  const isInside = (id: PointId) => end === null || comparePointIds(id, end) < 0;
  const message = wireMessage(answer);
  const points: RawPoint[] = [];
  let next: PointId | null = null;
  while (message.at < message.end) {
    const tag = readTag(message);
    if (tag === scrollResponse.next) next = readPointId(readNested(message));
    else if (tag !== scrollResponse.result) skipValue(message, tag);
    else {
      const { at, end: to } = readNested(message);
      const bytes = answer.subarray(at, to);
      const id = idOf(bytes);
      if (isInside(id)) points.push({ id, bytes });
    }
  }
  return { points, next: next !== null && isInside(next) ? next : null };
}

function idOf(bytes: Uint8Array): PointId {
  const point = wireMessage(bytes);
  let id: PointId | null = null;
  walkFields(point, (tag) => {
    if (tag !== retrievedId) return false;
    id = readPointId(readNested(point));
    return true;
  });
  if (id === null) throw new SyntaxError('a point has no id');
  return id;
}
