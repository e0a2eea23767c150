import type { PointId } from '@reembed/contracts';
import { comparePointIds, parsePointId } from '@reembed/core';
import { vectorsAreFinite } from './finite-vectors.ts';
import { entryKeeps } from './payload-loss.ts';
import {
  enter,
  leave,
  readNested,
  readTag,
  readText,
  readUint64,
  skipValue,
  tagOf,
  type WireMessage,
  walkFields,
  wireMessage,
  wireType,
} from './wire-reader.ts';

/** Points of an answer as the `points` of an upsert: nothing in them has been decoded. */
export type SplicedPage = {
  readonly ids: readonly PointId[];
  /** Where the next page starts; null at the end. */
  readonly next: PointId | null;
  /** The fields `points` of an UpsertPoints, one after the other. */
  readonly bytes: Uint8Array;
};

/** Fields of Qdrant's messages (points.proto of 1.17 to 1.19). */
export const scrollResponse = { next: tagOf(1, wireType.bytes), result: tagOf(2, wireType.bytes) };
export const retrievedPoint = { id: tagOf(1, wireType.bytes), payload: tagOf(2, wireType.bytes), vectors: tagOf(4, wireType.bytes) };
const upsertPoints = { points: tagOf(3, wireType.bytes) };
const pointStruct = { payload: tagOf(3, wireType.bytes) };
const pointId = { num: tagOf(1, wireType.varint), uuid: tagOf(2, wireType.bytes) };

/**
 * Makes points to write of the points of a ScrollResponse, up to `end`. A RetrievedPoint is a PointStruct but for the tag of its payload, and
 * both tags are one byte: they are changed in place, in `answer` itself. Null where a point holds what would not arrive as it is (`entryKeeps`,
 * `vectorsAreFinite`), has no field of vectors, or a field that is not known here: such a page goes as text. Throws SyntaxError where it is no such answer.
 */
export function splicePage(answer: Uint8Array, end: PointId | null): SplicedPage | null {
  const message = wireMessage(answer);
  const ids: PointId[] = [];
  let next: PointId | null = null;
  let [from, to] = [-1, -1];
  let whole = true;
  for (let at = 0; message.at < message.end; at = message.at) {
    const tag = readTag(message);
    if (tag === scrollResponse.next) next = readPointId(readNested(message));
    else if (tag !== scrollResponse.result) skipValue(message, tag);
    else {
      const outer = enter(message);
      const id = splicePoint(message);
      leave(message, outer);
      if (id === null || (from !== -1 && to !== at && isBefore(id, end))) whole = false;
      else if (isBefore(id, end)) {
        answer[at] = upsertPoints.points;
        if (from === -1) from = at;
        to = message.at;
        ids.push(id);
      }
    }
  }
  if (!whole) return null;
  return { ids, next: isBefore(next, end) ? next : null, bytes: from === -1 ? answer.subarray(0, 0) : answer.subarray(from, to) };
}

function isBefore(id: PointId | null, end: PointId | null): boolean {
  return id !== null && (end === null || comparePointIds(id, end) < 0);
}

/** Its id; null where it cannot be passed on as it is. */
function splicePoint(point: WireMessage): PointId | null {
  let id: PointId | null = null;
  let hasVectors = false;
  let keeps = true;
  for (let at = point.at; point.at < point.end; at = point.at) {
    const tag = readTag(point);
    if (tag % 8 !== wireType.bytes) return null;
    const outer = enter(point);
    if (tag === retrievedPoint.id) id = readPointId(point);
    else if (tag === retrievedPoint.payload) {
      keeps &&= entryKeeps(point);
      point.bytes[at] = pointStruct.payload;
    } else if (tag === retrievedPoint.vectors) hasVectors = vectorsAreFinite(point);
    else keeps = false;
    leave(point, outer);
  }
  if (id === null) throw new SyntaxError('a point has no id');
  return hasVectors && keeps ? id : null;
}

/** Throws SyntaxError where it is neither number nor UUID. */
export function readPointId(message: WireMessage): PointId {
  let id: PointId | null = null;
  walkFields(message, (tag) => {
    if (tag === pointId.num) id = { kind: 'integer', id: readUint64(message) };
    else if (tag === pointId.uuid) id = parsePointId(readText(message));
    else return false;
    return true;
  });
  if (id === null) throw new SyntaxError('the id of a point is neither a number nor a UUID');
  return id;
}
