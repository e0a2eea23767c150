import { failure } from '../api/api-error.ts';
import type { ByteWriter } from '../json/byte-writer.ts';
import { type JsonObject, type JsonValue, jsonText } from '../json/json-value.ts';
import { type PayloadSelector, readPayloadSelector, selectPayload } from '../points/payload-selector.ts';
import { idText, type PointId } from '../points/point-id.ts';
import type { Collection } from '../storage/collection.ts';
import type { Column } from '../storage/columns.ts';

/** Which vectors to answer with: all a point has, none, or those named. */
type VectorSelector = 'all' | 'none' | string[];
export type PointFields = { payload: PayloadSelector; vectors: VectorSelector };

/** `with_payload` and `with_vector` (or `with_vectors`) of a request. Throws 400. */
export function readPointFields(body: JsonObject, fallback: { payload: boolean; vectors: boolean }): PointFields {
  return {
    payload: readPayloadSelector(body.get('with_payload'), fallback.payload),
    vectors: readVectorSelector(body.get('with_vector') ?? body.get('with_vectors'), fallback.vectors),
  };
}

function readVectorSelector(value: JsonValue | undefined, fallback: boolean): VectorSelector {
  const given = value === undefined || value === null ? fallback : value;
  if (typeof given === 'boolean') return given ? 'all' : 'none';
  if (Array.isArray(given) && given.every((name) => typeof name === 'string')) return given;
  throw failure.format('Expected a boolean, or an array of strings');
}

/** Throws 400 where a vector to answer with is not the collection's. */
export function checkPointFields(collection: Collection, { vectors }: PointFields): void {
  if (typeof vectors === 'string') return;
  for (const name of vectors) collection.column(name);
}

/** Puts down `{"id":…,"payload":…,"vector":…}`. `scored` comes between id and payload: `,"version":1,"score":0.5`. */
export function writePoint(
  writer: ByteWriter,
  collection: Collection,
  point: { id: PointId; slot: number; scored?: string; orderValue?: string },
  fields: PointFields,
): void {
  writer.ascii(`{"id":${idText(point.id)}`);
  if (point.scored !== undefined) writer.ascii(point.scored);
  writePayload(writer, collection, point.slot, fields.payload);
  if (fields.vectors !== 'none') writeVectors(writer, collection, point.slot, fields.vectors);
  if (point.orderValue !== undefined) writer.ascii(`,"order_value":${point.orderValue}`);
  writer.ascii('}');
}

function writePayload(writer: ByteWriter, collection: Collection, slot: number, selector: PayloadSelector): void {
  if (selector.kind === 'none') return;
  writer.ascii(',"payload":');
  if (selector.kind === 'all') writer.text(collection.payloadText(slot));
  else writer.text(jsonText(selectPayload(collection.payload(slot), { kind: selector.kind, paths: selector.paths })));
}

/** A point that has the unnamed vector and none else shows it bare; else an object. */
function writeVectors(writer: ByteWriter, collection: Collection, slot: number, selector: Exclude<VectorSelector, 'none'>): void {
  const present: [string, Column][] = [];
  for (const [name, column] of collection.columns)
    if ((selector === 'all' || selector.includes(name)) && column.has(slot)) present.push([name, column]);
  writer.ascii(',"vector":');
  const [first, ...more] = present;
  if (first !== undefined && more.length === 0 && first[0] === '') {
    first[1].write(slot, writer);
    return;
  }
  writer.ascii('{');
  for (const [i, [name, column]] of present.entries()) {
    writer.text(`${i === 0 ? '' : ','}${JSON.stringify(name)}:`);
    column.write(slot, writer);
  }
  writer.ascii('}');
}
