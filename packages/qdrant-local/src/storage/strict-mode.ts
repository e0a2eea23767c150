import { failure } from '../api/api-error.ts';
import { isObject, type JsonObject, type JsonValue } from '../json/json-value.ts';
import type { Collection } from './collection.ts';
import { countConditions, largestCondition, unindexedKey } from './strict-filter.ts';

/** Throws 400 where the collection's strict mode forbids a read. `limit` as asked for; `body` is looked at for its filter and search parameters. */
export function checkStrictRead(collection: Collection, { limit, body }: { limit?: number | undefined; body: JsonObject }): void {
  const strict = strictMode(collection);
  if (strict === undefined) return;
  if (limit !== undefined) checkLimit(limit, strict.get('max_query_limit'), 'limit');
  checkFilter(collection, strict, body.get('filter') ?? null, 'unindexed_filtering_retrieve');
  const params = body.get('params');
  if (isObject(params)) checkParams(strict, params);
}

/** Throws 400 where strict mode forbids to select points for a write by this filter. */
export function checkStrictWrite(collection: Collection, filter: JsonValue): void {
  const strict = strictMode(collection);
  if (strict !== undefined) checkFilter(collection, strict, filter, 'unindexed_filtering_update');
}

/** Throws 400 where a request writes more points than strict mode allows, or the collection is full. */
export function checkStrictPoints(collection: Collection, count: number, name: 'upsert limit' | 'update limit'): void {
  const strict = strictMode(collection);
  if (strict === undefined) return;
  checkLimit(count, strict.get('upsert_max_batchsize'), name);
  const most = strict.get('max_points_count');
  if (typeof most === 'bigint' && collection.size >= most) throw failure.badRequest(`Max points count limit of ${most} reached!`);
}

export function checkStrictBatch(collection: Collection, searches: number): void {
  checkLimit(searches, strictMode(collection)?.get('search_max_batchsize'), 'search batch size');
}

/** Throws 400 where the collection has as many payload indexes as strict mode allows. */
export function checkStrictIndexes(collection: Collection): void {
  const most = strictMode(collection)?.get('max_payload_index_count');
  if (typeof most === 'bigint' && collection.indexes.size >= most) {
    throw strictError(
      `Collection already has the maximum number of payload indices (${most})`,
      'Please delete an existing index before creating a new one.',
    );
  }
}

function strictMode({ config }: Collection): JsonObject | undefined {
  return config.strictMode?.get('enabled') === true ? config.strictMode : undefined;
}

function strictError(problem: string, help: string) {
  return failure.badRequest(`${problem}. Help: ${help}`);
}

function checkLimit(value: number, limit: JsonValue | undefined, name: string): void {
  if ((typeof limit !== 'bigint' && typeof limit !== 'number') || value <= limit) return;
  throw strictError(`Limit exceeded ${value} > ${limit} for "${name}"`, `Reduce the "${name}" parameter to or below ${limit}.`);
}

function checkParams(strict: JsonObject, params: JsonObject): void {
  const ef = params.get('hnsw_ef');
  if (typeof ef === 'bigint') checkLimit(Number(ef), strict.get('search_max_hnsw_ef'), 'hnsw_ef');
  const quantization = params.get('quantization');
  const oversampling = isObject(quantization) ? quantization.get('oversampling') : undefined;
  if (typeof oversampling === 'number' || typeof oversampling === 'bigint')
    checkLimit(Number(oversampling), strict.get('search_max_oversampling'), 'oversampling');
  if (params.get('exact') === true && strict.get('search_allow_exact') === false)
    throw strictError('Exact search disabled!', 'Set exact=false.');
}

function checkFilter(
  collection: Collection,
  strict: JsonObject,
  filter: JsonValue,
  rule: 'unindexed_filtering_retrieve' | 'unindexed_filtering_update',
): void {
  if (!isObject(filter)) return;
  const missing = strict.get(rule) === false ? unindexedKey(collection.indexes, filter) : undefined;
  if (missing !== undefined) {
    const { key, types } = missing;
    throw strictError(
      `Index required but not found for "${key}" of one of the following types: [${types.join(', ')}]`,
      'Create an index for this key or use a different filter.',
    );
  }
  const conditions = strict.get('filter_max_conditions');
  const count = countConditions(filter);
  if (typeof conditions === 'bigint' && count > conditions)
    throw strictError(`Filter condition limit reached (${count} > ${conditions})`, 'Reduce the amount of conditions of your filter.');
  const mostValues = strict.get('condition_max_size');
  const size = largestCondition(filter);
  if (typeof mostValues === 'bigint' && size > mostValues)
    throw strictError(`Condition size limit reached (${size} > ${mostValues})`, 'Reduce the size of your condition.');
}

/** Throws 400 where strict mode forbids exact counts; a count is exact unless it says otherwise. */
export function checkStrictCount(collection: Collection, body: JsonObject): void {
  checkStrictRead(collection, { body });
  if (body.get('exact') !== false && strictMode(collection)?.get('search_allow_exact') === false)
    throw strictError('Exact search disabled!', 'Set exact=false.');
}

/** Throws 400 where a request asks for more seconds than strict mode allows. */
export function checkStrictTimeout(collection: Collection, seconds: number | undefined): void {
  if (seconds !== undefined) checkLimit(seconds, strictMode(collection)?.get('max_timeout'), 'timeout');
}

/** Throws 400 where strict mode wants an index on the key that groups are made by. */
export function checkStrictGroupBy(collection: Collection, key: string): void {
  if (strictMode(collection)?.get('unindexed_filtering_retrieve') !== false) return;
  const type = collection.indexes.get(key)?.type;
  if (type === undefined || !['keyword', 'integer', 'uuid', 'bool'].includes(type)) {
    throw strictError(`Index required but not found for "${key}"`, 'Create an index supporting `match` for this key.');
  }
}
