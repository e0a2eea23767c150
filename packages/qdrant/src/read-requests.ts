import type { PointId } from '@reembed/contracts';
import { readNested, readText, readVarint, tagOf, type WireMessage, walkFields, wireMessage, wireType } from './wire-reader.ts';
import { createWireWriter } from './wire-writer.ts';
import { writeId } from './write-points.ts';

const scroll = { collection: 1, offset: 3, limit: 4, withPayload: 6, withVectors: 7 } as const;
const withPayload = { enable: 1 } as const;
const withVectors = { include: 2 } as const;

/** A ScrollPoints for whole payloads and the vectors named. */
export function scrollRequest(
  collection: string,
  { offset, limit, vectors }: { readonly offset: PointId | null; readonly limit: number; readonly vectors: readonly string[] },
): Buffer {
  const writer = createWireWriter();
  writer.text(scroll.collection, collection);
  if (offset !== null) writeId(writer, scroll.offset, offset);
  writer.varint(scroll.limit, limit);
  writer.nested(scroll.withPayload, () => writer.varint(withPayload.enable, 1));
  if (vectors.length === 0) return writer.finish();
  writer.nested(scroll.withVectors, () =>
    writer.nested(withVectors.include, () => {
      for (const name of vectors) writer.text(1, name);
    }),
  );
  return writer.finish();
}

/** A GetCollectionInfoRequest. */
export function collectionRequest(name: string): Buffer {
  const writer = createWireWriter(name.length * 3 + 20);
  writer.text(1, name);
  return writer.finish();
}

/** The version in a HealthCheckReply. Throws SyntaxError where it has none. */
export function readServerVersion(answer: Uint8Array): string {
  const version = textAt(wireMessage(answer), 2);
  if (version === undefined || !/^\d+\.\d+/.test(version)) throw new SyntaxError('it has no version');
  return version;
}

const completed = 2;
const acknowledged = 1;

/** Throws SyntaxError where a PointsOperationResponse does not acknowledge the write. */
export function readAcknowledged(answer: Uint8Array): void {
  const result = partAt(wireMessage(answer), 1);
  let status: number | null = null;
  if (result !== undefined)
    walkFields(result, (tag) => {
      if (tag !== tagOf(2, wireType.varint)) return false;
      status = readVarint(result);
      return true;
    });
  if (status !== completed && status !== acknowledged) throw new SyntaxError('it does not acknowledge the write');
}

/** The id of the migration that a collection says it belongs to (`reembed.id` of its metadata); undefined where it says none. */
export function readClaim(answer: Uint8Array): string | undefined {
  const config = [1, 7].reduce<WireMessage | undefined>((within, field) => within && partAt(within, field), wireMessage(answer));
  const claim = config && entryOf(config, 7, 'reembed');
  const fields = claim && partAt(claim, 6);
  const id = fields && entryOf(fields, 1, 'id');
  return id && textAt(id, 4);
}

/** The value of an entry of a map that is the field `field`. */
function entryOf(message: WireMessage, field: number, key: string): WireMessage | undefined {
  let found: WireMessage | undefined;
  walkFields(message, (tag) => {
    if (tag !== tagOf(field, wireType.bytes)) return false;
    const entry = readNested(message);
    if (textAt({ ...entry }, 1) === key) found = partAt(entry, 2);
    return true;
  });
  return found;
}

/** The last one of the field, as protobuf has it. */
function partAt(message: WireMessage, field: number): WireMessage | undefined {
  let found: WireMessage | undefined;
  walkFields(message, (tag) => {
    if (tag !== tagOf(field, wireType.bytes)) return false;
    found = readNested(message);
    return true;
  });
  return found;
}

function textAt(message: WireMessage, field: number): string | undefined {
  let found: string | undefined;
  walkFields(message, (tag) => {
    if (tag !== tagOf(field, wireType.bytes)) return false;
    found = readText(message);
    return true;
  });
  return found;
}
