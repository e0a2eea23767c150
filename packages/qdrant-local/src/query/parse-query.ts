import { failure } from '../api/api-error.ts';
import { readCount } from '../config/field-table.ts';
import { type DeferredFilter, deferFilter } from '../filter/filter.ts';
import { isObject, type JsonObject, type JsonValue } from '../json/json-value.ts';
import { type PointId, parseId } from '../points/point-id.ts';
import { toVector, type VectorInput } from '../vectors/vector-input.ts';
import { type OrderBy, readOrderBy } from './order-by.ts';

/** What a query asks for. */
export type QueryKind =
  | { kind: 'vector'; vector: VectorInput }
  | { kind: 'id'; id: PointId }
  | { kind: 'rrf'; k: number; weights: number[] | undefined }
  | { kind: 'dbsf' }
  | { kind: 'order-by'; orderBy: OrderBy }
  | { kind: 'sample' }
  | { kind: 'none' };

/** A query or a prefetch: the points that come from `prefetches` (from the whole collection where there are none), judged by `query`. */
export type Query = {
  query: QueryKind;
  using: string;
  prefetches: Query[];
  filter: DeferredFilter;
  threshold: number | undefined;
  limit: number;
};

const EXPECTED = 'Expected some form of vector, id, or a type of query';
const DEFAULT_RRF_K = 2;

/** Reads the part that queries and prefetches share. `path` names it in validation errors. Throws 400, 422, and 501 for what is not built in. */
export function readQuery(body: JsonObject, path: string): Query {
  for (const name of ['lookup_from', 'shard_key']) if ((body.get(name) ?? null) !== null) throw failure.missing(`${name} in a query`);
  const prefetch = body.get('prefetch') ?? null;
  const prefetches = (prefetch === null ? [] : Array.isArray(prefetch) ? prefetch : [prefetch]).map((item, i) => {
    if (!isObject(item)) throw failure.format('data did not match any variant of untagged enum PrefetchInterface');
    return readQuery(item, `${path}.prefetch[${i}]`);
  });
  const using = body.get('using') ?? '';
  if (typeof using !== 'string') throw failure.format('invalid type for using, expected a string');
  const threshold = body.get('score_threshold') ?? null;
  if (threshold !== null && typeof threshold !== 'bigint' && typeof threshold !== 'number')
    throw failure.format('invalid type for score_threshold, expected f32');
  const filter = deferFilter(body.get('filter'), `${path}.filter`);
  return {
    query: readQueryKind(body.get('query') ?? null, path),
    using,
    prefetches,
    filter,
    threshold: threshold === null ? undefined : Math.fround(Number(threshold)),
    limit: readCount(body, 'limit', { fallback: 10, min: 1, path: `${path}.` }),
  };
}

function readQueryKind(value: JsonValue, path: string): QueryKind {
  if (value === null) return { kind: 'none' };
  const nearest = toNearest(value, path);
  if (nearest !== undefined) return nearest;
  if (!isObject(value)) throw failure.format(EXPECTED);
  for (const [name, read] of Object.entries(KINDS)) {
    const given = value.get(name);
    if (given !== undefined) return read(given, value, path);
  }
  throw failure.format(EXPECTED);
}

function toNearest(value: JsonValue, path: string): QueryKind | undefined {
  if (typeof value === 'bigint' || typeof value === 'string') return { kind: 'id', id: parseId(value) };
  if (Array.isArray(value) && value.length === 0) return { kind: 'vector', vector: { kind: 'dense', values: new Float32Array(0) } };
  const vector = Array.isArray(value) || isObject(value) ? toVector(value, `${path}.query`) : undefined;
  return vector === undefined ? undefined : { kind: 'vector', vector };
}

/** One row per type of query that is an object with that key. */
const KINDS: Record<string, (given: JsonValue, whole: JsonObject, path: string) => QueryKind> = {
  nearest: (given, whole, path) => {
    if ((whole.get('mmr') ?? null) !== null) throw failure.missing('query mmr');
    const nearest = toNearest(given, path);
    if (nearest === undefined) throw failure.format(EXPECTED);
    return nearest;
  },
  fusion: (given) => {
    if (given === 'rrf') return { kind: 'rrf', k: DEFAULT_RRF_K, weights: undefined };
    if (given === 'dbsf') return { kind: 'dbsf' };
    throw failure.format(EXPECTED);
  },
  rrf: (given, _whole, path) => {
    if (!isObject(given)) throw failure.format(EXPECTED);
    const weights = given.get('weights') ?? null;
    if (
      weights !== null &&
      !(Array.isArray(weights) && weights.every((weight) => typeof weight === 'number' || typeof weight === 'bigint'))
    )
      throw failure.format(EXPECTED);
    return {
      kind: 'rrf',
      k: readCount(given, 'k', { fallback: DEFAULT_RRF_K, min: 1, path: `${path}.query.rrf.` }),
      weights: weights === null ? undefined : weights.map(Number),
    };
  },
  order_by: (given) => {
    const orderBy = readOrderBy(given);
    if (orderBy === undefined) throw failure.format(EXPECTED);
    return { kind: 'order-by', orderBy };
  },
  sample: (given) => {
    if (given !== 'random') throw failure.format(EXPECTED);
    return { kind: 'sample' };
  },
  ...Object.fromEntries(
    ['recommend', 'discover', 'context', 'formula', 'relevance_feedback'].map((name) => [
      name,
      () => {
        throw failure.missing(`query ${name}`);
      },
    ]),
  ),
};
