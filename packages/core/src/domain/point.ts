import { createHash } from 'node:crypto';
import type { PointId } from '@reembed/contracts';

/** A point as text: nothing in it has been through a number. */
export type PointText = {
  readonly id: PointId;
  /** The payload's JSON object; `{}` where there is none. */
  readonly payload: string;
  /** JSON text by vector name; `""` is the unnamed vector. Only the vectors asked for and present. */
  readonly vectors: Readonly<Record<string, string>>;
  /** What `source.textFrom` has for it, as a JSON object; null: nothing; undefined: it was not asked, or the spec names none. */
  readonly elsewhere?: string | null | undefined;
};

/** A point on both sides. */
export type PointPair = { readonly source: PointText; readonly target: PointText };

/** A vector to write: JSON text, as it was read, or the values of one that was made, which the store spells in its own way. */
export type WrittenVector = string | Float32Array;

/** A point to write. */
export type WrittenPoint = Pick<PointText, 'id' | 'payload'> & { readonly vectors: Readonly<Record<string, WrittenVector>> };

/** Vectors of one point, to write. */
export type PointVectors = Pick<WrittenPoint, 'id' | 'vectors'>;

/** A filter in Qdrant's words, as JSON.stringify is to write it: integers past 2^53 are raw JSON (parseExactJson). */
export type Filter = Readonly<Record<string, unknown>>;

/**
 * Qdrant's scroll order: integers by value, then UUIDs by bytes. Both texts are canonical, so longer digits are the larger number and
 * hexadecimal text sorts as its bytes do.
 */
export function comparePointIds(a: PointId, b: PointId): number {
  if (a.kind !== b.kind) return a.kind === 'integer' ? -1 : 1;
  if (a.id.length !== b.id.length) return a.id.length - b.id.length;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/** Points in scroll order. */
export function inOrder(points: readonly PointText[]): PointText[] {
  return [...points].sort((a, b) => comparePointIds(a.id, b.id));
}

/** An id as Qdrant's JSON spells it. */
export function pointIdToJson(id: PointId): string {
  return id.kind === 'integer' ? id.id : `"${id.id}"`;
}

/** An id as people write it: digits or a UUID, with or without dashes, in any case. Null where it is neither. */
export function parsePointId(text: string): PointId | null {
  if (/^[0-9]{1,20}$/.test(text)) {
    const value = BigInt(text);
    return value <= 0xffff_ffff_ffff_ffffn ? { kind: 'integer', id: String(value) } : null;
  }
  const hex = text
    .toLowerCase()
    .replace(/^urn:uuid:/, '')
    .replaceAll('-', '');
  if (!/^[0-9a-f]{32}$/.test(hex)) return null;
  return { kind: 'uuid', id: `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}` };
}

/**
 * SHA-256, in hexadecimal, of all that a point's vectors are made from: its payload, its text elsewhere, and the source vectors that recipes
 * read. Tells whether any of it has changed since it was looked at.
 */
export function contentHash({ payload, elsewhere, vectors }: Pick<PointText, 'payload' | 'elsewhere' | 'vectors'>): string {
  const hash = createHash('sha256').update(payload);
  const others = Object.entries(vectors).sort(([a], [b]) => (a < b ? -1 : 1));
  if (elsewhere !== undefined || others.length > 0) hash.update(JSON.stringify([elsewhere ?? null, others]));
  return hash.digest('hex');
}
