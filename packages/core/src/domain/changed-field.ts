import { formatPayloadPath, parsePayloadPath, type Resolved } from '@reembed/contracts';
import type { Migration, Pass, Watermark } from './migration.ts';
import { readPayloadField } from './payload-field.ts';
import type { Filter, PointText } from './point.ts';

/** What `sync.changedField` holds: numbers that grow, or datetimes. */
export type ChangedKind = NonNullable<Resolved['changedKind']>;

/** When a point changed, as its field says it: the number itself, or ms since 1970. Null where the field says nothing a range could find. */
export function changedAt(kind: ChangedKind, field: string, { payload }: Pick<PointText, 'payload'>): number | null {
  const value = readPayloadField(payload, parsePayloadPath(field) ?? [field]);
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

/** The field as Qdrant's filters and indexes name it, whichever way the spec writes it. */
export function rangeKey(field: string): string {
  return formatPayloadPath(parsePayloadPath(field) ?? [field]);
}

/** Points that changed at `since` or later. */
export function changedSince(kind: ChangedKind, field: string, since: number): Filter {
  return { must: [{ key: rangeKey(field), range: { gte: kind === 'number' ? since : new Date(since).toISOString() } }] };
}

/**
 * How much earlier a pass has to have ended than the one before began, in ms, for its greatest value to limit the next. It is what clocks of
 * writers may differ by, and how late a write may arrive with an older value; measured by the coordinator's clock, so that it holds for
 * numbers of any unit.
 */
export const overlapMs = 600_000;

/**
 * The watermark after a pass that read payloads has ended. A point that was edited after a pass had read it carries a value from after the
 * beginning of that pass; so what limits the next one was seen by a pass that had ended before, with the overlap in between. `at` is an ISO
 * time. A pass that is counted already changes nothing.
 */
export function watermarkAfter(
  migration: Migration,
  pass: Pass,
  { latestChange }: { readonly latestChange: number | null },
  at: string,
): Watermark | null {
  const before = migration.watermark;
  if (migration.resolved.changedKind === null || (before !== null && before.pass >= pass.number)) return before;
  const limited = pass.changedSince !== undefined;
  const seen = plausible(migration, pass, latestChange) ?? before?.seen ?? null;
  if (before === null) return { since: null, seen, seenAt: at, pass: pass.number, limited };
  const isOldEnough = Date.parse(pass.startedAt) - Date.parse(before.seenAt) >= overlapMs;
  if (isOldEnough) return { since: before.seen, seen, seenAt: at, pass: pass.number, limited };
  const kept = before.seen === null ? { seen, seenAt: at } : {};
  return { ...before, ...kept, pass: pass.number, limited };
}

/** A datetime in the future would hide whatever is written until then. */
function plausible({ resolved }: Migration, { startedAt }: Pass, latest: number | null): number | null {
  return latest === null || resolved.changedKind === 'number' ? latest : Math.min(latest, Date.parse(startedAt));
}

/**
 * From which value on the next sync pass reads; undefined: everything. The last pass of a switch reads everything, and so does a round that
 * follows a limited one: the comparison in between has found what that could not see.
 */
export function limitOf({ phase, watermark }: Migration): number | undefined {
  const wantsAll = phase === 'switching' || (phase === 'syncing' && watermark?.limited === true);
  return wantsAll ? undefined : (watermark?.since ?? undefined);
}
