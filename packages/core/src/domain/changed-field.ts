import type { Resolved } from '@reembed/contracts';
import { readPayloadField } from './payload-text.ts';
import type { Filter, PointText } from './point.ts';

/** What `sync.changedField` holds: numbers that grow, or datetimes. */
export type ChangedKind = NonNullable<Resolved['changedKind']>;

/** When a point changed, as its field says it: the number itself, or ms since 1970. Null where the field says nothing a range could find. */
export function changedAt(kind: ChangedKind, field: string, { payload }: Pick<PointText, 'payload'>): number | null {
  const value = readPayloadField(payload, field.split('.'));
  return kind === 'number' ? numberOf(value) : datetimeOf(value);
}

/** A number that a double would spell differently is read as its text; one that a string holds is no number to Qdrant. */
function numberOf(value: unknown): number | null {
  if (typeof value !== 'number' && !(typeof value === 'string' && isSpeltNumber(value))) return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

function isSpeltNumber(text: string): boolean {
  return /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) && String(Number(text)) !== text;
}

/** The datetimes Qdrant takes in a range: RFC 3339, a space for the `T`, and shorter forms, which are UTC. */
const datetime = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2})?(\.\d+)?\s*(?:([Zz])|([+-]\d{2}):?(\d{2})?)?)?$/;

function datetimeOf(value: unknown): number | null {
  const match = typeof value === 'string' ? datetime.exec(value) : null;
  if (match === null) return null;
  const [, date, minutes = '00:00', seconds = ':00', fraction = '', , hours, rest = '00'] = match;
  // Digits past the millisecond are cut: earlier is the safe side.
  const ms = Date.parse(`${date}T${minutes}${seconds}${fraction.slice(0, 4)}${hours === undefined ? 'Z' : `${hours}:${rest}`}`);
  return Number.isNaN(ms) ? null : ms;
}

/** The greatest of what these points say; null where none says anything. */
export function latestChange(kind: ChangedKind, field: string, points: readonly PointText[]): number | null {
  const found = points.map((point) => changedAt(kind, field, point)).filter((value) => value !== null);
  return found.reduce<number | null>((latest, value) => (latest === null || value > latest ? value : latest), null);
}

/** Points that changed at `since` or later. */
export function changedSince(kind: ChangedKind, field: string, since: number): Filter {
  return { must: [{ key: field, range: { gte: kind === 'number' ? since : new Date(since).toISOString() } }] };
}
