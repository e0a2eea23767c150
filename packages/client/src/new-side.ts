import { createHash } from 'node:crypto';
import { isIdentity, type VectorOrigin } from '@reembed/contracts';
import type { FoundText } from './find-texts.ts';
import type { Operation } from './operations.ts';
import type { Place } from './places.ts';

/** The target of a migration, as a search of its source is asked there. */
export type NewSide = { readonly migration: string; readonly collection: string; readonly origins: Readonly<Record<string, VectorOrigin>> };

/**
 * Null where a search of this place can not be asked of another side too, or means something else there: no migration is ready, a vector of that name is not
 * there, fields of payloads have other names, or the search holds numbers, which are of the old model.
 */
export function newSideOf({ flight }: Place, operation: Operation, body: Buffer, found: readonly FoundText[]): NewSide | null {
  if (flight === null || flight.phase.phase !== 'ready' || operation !== 'query' || found.length === 0) return null;
  const { id, spec, vectors } = flight.migration;
  if (!isIdentity(spec.target.payload) || !found.every(({ vector, options }) => Object.hasOwn(vectors, vector) && options === null))
    return null;
  return holdsNumbers(body) ? null : { migration: id, collection: spec.target.collection, origins: vectors };
}

/** Whether a list of numbers stands where a query may be: a vector, or ids, which look the same. */
function holdsNumbers(body: Buffer): boolean {
  const isIn = (value: unknown): boolean => {
    if (Array.isArray(value)) return value.some((item) => typeof item === 'number' || isIn(item));
    return typeof value === 'object' && value !== null && Object.values(value).some(isIn);
  };
  const ofQuery = (query: unknown): boolean => {
    if (Array.isArray(query)) return query.some(ofQuery);
    if (typeof query !== 'object' || query === null) return false;
    const { query: asked, prefetch } = query as { readonly query?: unknown; readonly prefetch?: unknown };
    return isIn(asked) || ofQuery(prefetch);
  };
  return ofQuery(JSON.parse(body.toString()));
}

/** Whether whoever has this key is one of the share; the same one in each process, and another choice for another migration. */
export function isChosen(key: string, migration: string, share: number): boolean {
  const hash = createHash('sha256').update(`${migration}\0${key}`).digest();
  return hash.readUInt32BE(0) < share * 2 ** 32;
}
