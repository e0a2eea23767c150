import { failure } from '../api/api-error.ts';
import { isObject, type JsonObject, type JsonValue } from '../json/json-value.ts';
import type { TextIndex } from '../text/text-index.ts';

/** A condition on one value found in the payload. */
export type ValueCheck = (value: JsonValue) => boolean;

/** One row per kind of match. Texts compare tokens where the field has a text index, else they look for the text inside. */
const MATCHES: Record<string, (wanted: JsonValue, index: TextIndex | undefined) => ValueCheck> = {
  value: (wanted) => oneOf([wanted], false),
  any: (wanted) => oneOf(listOf(wanted), false),
  except: (wanted) => oneOf(listOf(wanted), true),
  text: (wanted) => onText(wanted, (text) => (found) => found.includes(text)),
  text_any: (wanted, index) => onText(wanted, (text) => index?.any(text) ?? anyWord(text)),
  phrase: (wanted, index) => onText(wanted, (text) => index?.phrase(text) ?? ((found) => found.includes(text))),
  prefix: (wanted) => onText(wanted, (text) => (found) => found.startsWith(text)),
};

/** A text match on an indexed field finds its words anywhere in the field's texts, one word here and one there; undefined for every other match. */
export function matchTogether(value: JsonValue, index: TextIndex | undefined): ((values: JsonValue[]) => boolean) | undefined {
  const text = isObject(value) && index !== undefined ? value.get('text') : undefined;
  if (index === undefined || typeof text !== 'string') return undefined;
  const holds = index.all(text);
  return (values) => holds(values.flat().filter((item) => typeof item === 'string'));
}

export function matchCheck(value: JsonValue, index: TextIndex | undefined): ValueCheck {
  if (isObject(value)) {
    for (const [kind, compile] of Object.entries(MATCHES)) {
      const wanted = value.get(kind);
      if (wanted !== undefined) return compile(wanted, index);
    }
  }
  throw noMatch();
}

function noMatch() {
  return failure.format('data did not match any variant of untagged enum MatchInterface');
}

function listOf(wanted: JsonValue): JsonValue[] {
  if (!Array.isArray(wanted)) throw noMatch();
  const strings = wanted.every((item) => typeof item === 'string');
  const integers = wanted.every((item) => typeof item === 'bigint');
  if (!strings && !integers) throw noMatch();
  return wanted;
}

const I64_MAX = 9223372036854775807n;

/** Strings, integers and booleans are equal only to their own kind: 1.0 is not 1. */
function oneOf(wanted: JsonValue[], except: boolean): ValueCheck {
  if (
    wanted.some(
      (item) => item === null || typeof item === 'number' || typeof item === 'object' || (typeof item === 'bigint' && item > I64_MAX),
    )
  )
    throw noMatch();
  const set = new Set(wanted);
  if (except) return (found) => found !== null && !set.has(found);
  return (found) => set.has(found);
}

function onText(wanted: JsonValue, compile: (text: string) => (found: string) => boolean): ValueCheck {
  if (typeof wanted !== 'string') throw noMatch();
  const holds = compile(wanted);
  return (found) => typeof found === 'string' && holds(found);
}

function anyWord(text: string): (found: string) => boolean {
  const words = text.split(/\s+/u).filter((word) => word !== '');
  return (found) => words.some((word) => found.includes(word));
}

/** A range of numbers, or of datetimes where the bounds are strings. */
export function rangeCheck(value: JsonValue): ValueCheck {
  if (!isObject(value)) throw noRange();
  const bounds = boundsOf(value);
  if (bounds.every((bound) => bound === undefined || typeof bound === 'bigint' || typeof bound === 'number')) {
    const holds = within(bounds.map((bound) => (bound === undefined ? undefined : Number(bound))));
    return (found) => (typeof found === 'bigint' || typeof found === 'number') && holds(Number(found));
  }
  const holds = within(bounds.map((bound) => (bound === undefined ? undefined : datetimeBound(bound))));
  return (found) => {
    const micros = typeof found === 'string' ? datetimeMicros(found) : undefined;
    return micros !== undefined && holds(micros);
  };
}

function datetimeBound(bound: JsonValue): bigint {
  const micros = typeof bound === 'string' ? datetimeMicros(bound) : undefined;
  if (micros === undefined) throw noRange();
  return micros;
}

function noRange() {
  return failure.format('data did not match any variant of untagged enum RangeInterface');
}

/** What `lt`, `gt`, `gte` and `lte` of an object hold, in this order; undefined for what is not given. */
export function boundsOf(value: JsonObject): (JsonValue | undefined)[] {
  return ['lt', 'gt', 'gte', 'lte'].map((name) => value.get(name) ?? undefined);
}

/** Whether a value is within bounds in that order. */
export function within<T extends number | bigint>([lt, gt, gte, lte]: (T | undefined)[]): (value: T) => boolean {
  return (value) =>
    (lt === undefined || value < lt) &&
    (gt === undefined || value > gt) &&
    (gte === undefined || value >= gte) &&
    (lte === undefined || value <= lte);
}

const DATETIME = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s*(Z|z|[+-]\d{2}(?::?\d{2})?)?)?$/;

/** Microseconds since 1970 of an RFC 3339 datetime, or of the shorter forms the server reads as UTC; undefined for anything else. */
export function datetimeMicros(text: string): bigint | undefined {
  const match = DATETIME.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone] = match;
  const utc = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  if (Number.isNaN(utc) || new Date(utc).getUTCDate() !== Number(day) || Number(hour) > 23) return undefined;
  const micros = BigInt(fraction.padEnd(6, '0').slice(0, 6));
  return BigInt(utc - zoneMs(zone)) * 1000n + micros;
}

function zoneMs(zone: string | undefined): number {
  if (zone === undefined || zone.toUpperCase() === 'Z') return 0;
  const [, sign, hours, minutes = '0'] = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}
