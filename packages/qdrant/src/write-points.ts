import { endianness } from 'node:os';
import type { PointId } from '@reembed/contracts';
import type { PointVectors, WrittenPoint, WrittenVector } from '@reembed/core';
import { createWireWriter, type WireWriter } from './wire-writer.ts';
import { writePayload } from './write-payload.ts';

/** Fields of Qdrant's messages (points.proto, qdrant_common.proto). */
const upsert = { collection: 1, wait: 2, points: 3, updateFilter: 6, updateMode: 8 } as const;
const updateVectors = { collection: 1, wait: 2, points: 3, updateFilter: 6 } as const;
const point = { id: 1, payload: 3, vectors: 4 } as const;
const pointVectors = { id: 1, vectors: 2 } as const;
const pointId = { num: 1, uuid: 2 } as const;
const vectors = { named: 2 } as const;
const namedVectors = { vectors: 1 } as const;
const entry = { key: 1, value: 2 } as const;
const vector = { dense: 101, sparse: 102, multiDense: 103 } as const;
const filter = { must: 2, mustNot: 3 } as const;
const condition = { hasId: 3, hasVector: 7 } as const;

/** What becomes of points that exist and of those that do not (`UpdateMode`). */
const updateModes = { insertOnly: 1, updateOnly: 2 } as const;
export type BinaryMode = keyof typeof updateModes;

/** Floats of a Float32Array are written as they lie in memory, and the wire wants the low byte first. */
export const writesFloats = endianness() === 'LE';

/** An UpsertPoints with `wait`. Null where something would not arrive as it is, or not be refused as REST refuses it. */
export function upsertRequest(collection: string, points: readonly WrittenPoint[], mode: BinaryMode): Buffer | null {
  const writer = createWireWriter(roomFor(points));
  begin(writer, collection);
  let keeps = true;
  for (const { id, payload, vectors: made } of points)
    writer.nested(upsert.points, () => {
      writeId(writer, point.id, id);
      keeps &&= writePayload(writer, point.payload, payload) && writeVectors(writer, point.vectors, made);
    });
  end(writer, mode);
  return keeps ? writer.finish() : null;
}

/** The same of points that were spliced out of an answer, in parts that follow each other: the points are not copied. */
export function splicedRequest(collection: string, points: Uint8Array, mode: BinaryMode): readonly Uint8Array[] {
  const [before, after] = [createWireWriter(collection.length * 3 + 20), createWireWriter(20)];
  begin(before, collection);
  end(after, mode);
  return [before.finish(), points, after.finish()];
}

/** An UpdatePointVectors with `wait`; null likewise. `onlyMissing`: points that have this vector are passed over. */
export function updateVectorsRequest(collection: string, points: readonly PointVectors[], onlyMissing: string | undefined): Buffer | null {
  const writer = createWireWriter(roomFor(points));
  begin(writer, collection);
  let keeps = true;
  for (const { id, vectors: made } of points)
    writer.nested(updateVectors.points, () => {
      writeId(writer, pointVectors.id, id);
      keeps &&= writeVectors(writer, pointVectors.vectors, made);
    });
  if (onlyMissing !== undefined)
    writer.nested(updateVectors.updateFilter, () =>
      writer.nested(filter.mustNot, () => writer.nested(condition.hasVector, () => writer.text(1, onlyMissing))),
    );
  return keeps ? writer.finish() : null;
}

function begin(writer: WireWriter, collection: string): void {
  writer.text(upsert.collection, collection);
  writer.varint(upsert.wait, 1);
}

/** As in REST (write-bodies.ts): a server that does not know the mode inserts under a filter that no existing point matches. */
function end(writer: WireWriter, mode: BinaryMode): void {
  if (mode === 'insertOnly')
    writer.nested(upsert.updateFilter, () => writer.nested(filter.must, () => writer.nested(condition.hasId, () => undefined)));
  writer.varint(upsert.updateMode, updateModes[mode]);
}

export function writeId(writer: WireWriter, field: number, { kind, id }: PointId): void {
  writer.nested(field, () => (kind === 'integer' ? writer.varint(pointId.num, BigInt(id)) : writer.text(pointId.uuid, id)));
}

/**
 * By name throughout: in a map of names `""` means the unnamed vector, in collections that have only that one and in others. Answers false where
 * a number is not finite: REST has words for that.
 */
export function writeVectors(writer: WireWriter, field: number, made: WrittenPoint['vectors']): boolean {
  let keeps = true;
  writer.nested(field, () =>
    writer.nested(vectors.named, () => {
      for (const [name, one] of Object.entries(made))
        writer.nested(namedVectors.vectors, () => {
          writer.text(entry.key, name);
          writer.nested(entry.value, () => {
            keeps = writeVector(writer, one) && keeps;
          });
        });
    }),
  );
  return keeps;
}

/** Numbers as JSON has them: null stands for one that is not finite. */
type Numbers = Float32Array | readonly (number | null)[];
type Sparse = { readonly indices: readonly number[]; readonly values: readonly (number | null)[] };

function writeVector(writer: WireWriter, made: WrittenVector): boolean {
  const read = typeof made === 'string' ? (JSON.parse(made) as Numbers | readonly Numbers[] | Sparse) : made;
  let keeps = true;
  const row = (numbers: Numbers) => {
    keeps = writeFloats(writer, numbers) && keeps;
  };
  if ('indices' in read)
    writer.nested(vector.sparse, () => {
      row(read.values);
      writeIndices(writer, read.indices);
    });
  else if (isRows(read))
    writer.nested(vector.multiDense, () => {
      for (const one of read) writer.nested(1, () => row(one));
    });
  else writer.nested(vector.dense, () => row(read));
  return keeps;
}

function isRows(read: Numbers | readonly Numbers[]): read is readonly Numbers[] {
  return Array.isArray(read[0]);
}

/** Packed, four bytes each. Numbers are rounded to the nearest f32, as the server rounds them. */
function writeFloats(writer: WireWriter, numbers: Numbers): boolean {
  const row = numbers instanceof Float32Array ? numbers : Float32Array.from(numbers, (number) => number ?? Number.NaN);
  // By place: walking the row by its iterator takes longer than writing it.
  for (let at = 0; at < row.length; at++) if (!Number.isFinite(row[at])) return false;
  writer.bytes(1, new Uint8Array(row.buffer, row.byteOffset, row.byteLength));
  return true;
}

function writeIndices(writer: WireWriter, indices: readonly number[]): void {
  const packed = createWireWriter(indices.length * 5);
  for (const index of indices) packed.number(index);
  writer.bytes(2, packed.finish());
}

/** No promise, only few moves: most of a point is its payload and its vectors. */
function roomFor(points: readonly Partial<WrittenPoint>[]): number {
  let bytes = 200;
  for (const { payload = '', vectors: made = {} } of points) {
    bytes += 100 + payload.length * 2;
    for (const one of Object.values(made)) bytes += 30 + (typeof one === 'string' ? one.length : one.byteLength);
  }
  return bytes;
}
