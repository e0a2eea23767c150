import { failure } from '../api-error.ts';
import { isObject, type JsonValue } from '../json/json-value.ts';
import { datetimeMicros } from './datetime.ts';
import type { ValueCheck } from './point-view.ts';

const BOUNDS = ['lt', 'gt', 'gte', 'lte'] as const;

/** A range of numbers, or of datetimes where the bounds are strings. */
export function rangeCheck(value: JsonValue): ValueCheck {
  if (!isObject(value)) throw noVariant();
  const bounds = BOUNDS.map((name) => value.get(name) ?? undefined);
  const given = bounds.filter((bound) => bound !== undefined);
  if (given.every((bound) => typeof bound === 'bigint' || typeof bound === 'number')) {
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
  if (micros === undefined) throw noVariant();
  return micros;
}

function noVariant() {
  return failure.format('data did not match any variant of untagged enum RangeInterface');
}

function within<T extends number | bigint>([lt, gt, gte, lte]: (T | undefined)[]): (value: T) => boolean {
  return (value) =>
    (lt === undefined || value < lt) &&
    (gt === undefined || value > gt) &&
    (gte === undefined || value >= gte) &&
    (lte === undefined || value <= lte);
}
