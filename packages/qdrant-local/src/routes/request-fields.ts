import { failure } from '../api-error.ts';
import { describe } from '../config/field-table.ts';
import type { JsonObject } from '../json/json-value.ts';
import { parseSelector } from '../payload/selector.ts';
import { type PointFields, parseVectorSelector } from '../storage/write-point.ts';

/** `with_payload` and `with_vector` (or `with_vectors`) of a request. Throws 400. */
export function readPointFields(body: JsonObject, fallback: { payload: boolean; vectors: boolean }): PointFields {
  return {
    payload: parseSelector(body.get('with_payload'), fallback.payload),
    vectors: parseVectorSelector(body.get('with_vector') ?? body.get('with_vectors'), fallback.vectors),
  };
}

/** A count such as `limit`. Throws 400 where it is no unsigned integer, 422 below `min`. */
export function readCount(body: JsonObject, name: string, options: { fallback: number; min?: number; path?: string }): number {
  const value = body.get(name) ?? null;
  if (value === null) return options.fallback;
  if (typeof value !== 'bigint') throw failure.format(`invalid type: ${describe(value)}, expected usize`);
  if (value < 0n) throw failure.format(`invalid value: integer \`${value}\`, expected usize`);
  const count = Number(value);
  if (options.min !== undefined && count < options.min)
    throw failure.validation(`${options.path ?? ''}${name}`, `value ${count} invalid, must be ${options.min} or larger`);
  return count;
}
