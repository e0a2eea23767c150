import type { PointId } from '@reembed/contracts';

/**
 * Qdrant's scroll order: integers by value, then UUIDs by bytes. Both texts are canonical, so longer digits are the larger number and
 * hexadecimal text sorts as its bytes do.
 */
export function comparePointIds(a: PointId, b: PointId): number {
  if (a.kind !== b.kind) return a.kind === 'integer' ? -1 : 1;
  if (a.id.length !== b.id.length) return a.id.length - b.id.length;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
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
