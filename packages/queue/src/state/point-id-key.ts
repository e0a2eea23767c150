import type { PointId, Range } from '@reembed/contracts';

/**
 * A point id as a short text whose byte order is Qdrant's scroll order: integers by value (the letter after `i` counts the digits), then
 * UUIDs. `7` is `ib7`, `10` is `ic10`.
 */
export function pointIdKey(id: PointId): string {
  return id.kind === 'uuid' ? `u${id.id}` : `i${String.fromCharCode(97 + id.id.length)}${id.id}`;
}

/** The id that pointIdKey wrote. */
export function pointIdOfKey(key: string): PointId {
  return key.startsWith('u') ? { kind: 'uuid', id: key.slice(1) } : { kind: 'integer', id: key.slice(2) };
}

/** As pointIdKey, with the empty text for null. */
export function optionalPointIdKey(id: PointId | null): string {
  return id === null ? '' : pointIdKey(id);
}

export function optionalPointIdOfKey(key: string): PointId | null {
  return key === '' ? null : pointIdOfKey(key);
}

/** A range's start and end, with a space between them. */
export function boundsText({ start, end }: Pick<Range, 'start' | 'end'>): string {
  return `${optionalPointIdKey(start)} ${optionalPointIdKey(end)}`;
}

/** The bounds that boundsText wrote. */
export function boundsOfText(text: string): Pick<Range, 'start' | 'end'> {
  const [start = '', end = ''] = text.split(' ');
  return { start: optionalPointIdOfKey(start), end: optionalPointIdOfKey(end) };
}
