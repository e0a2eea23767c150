import { failure } from '../api/api-error.ts';
import { readCount } from '../config/field-table.ts';
import type { ByteWriter } from '../json/byte-writer.ts';
import { spellFloat32 } from '../json/float32-text.ts';
import { isObject, type JsonObject } from '../json/json-value.ts';
import { parsePath } from '../points/json-path.ts';
import { type Query, readQuery } from '../query/parse-query.ts';
import { checkPointFields, type PointFields, readPointFields, writePoint } from '../query/point-fields.ts';
import { groupHits, type QueryHit, runQuery } from '../query/run-query.ts';
import type { Collection } from '../storage/collection.ts';
import { checkStrictBatch, checkStrictGroupBy, checkStrictRead } from '../storage/strict-mode.ts';
import { bodyObject, checkReadParams, openCollection, type RequestContext, type Route, resultAnswer } from './route.ts';

export const queryRoutes: Route[] = [
  { method: 'POST', path: '/collections/{collection}/points/query', handle: query },
  { method: 'POST', path: '/collections/{collection}/points/query/batch', handle: batch },
  { method: 'POST', path: '/collections/{collection}/points/query/groups', handle: groups },
];

type QueryRequest = { query: Query; offset: number; fields: PointFields; body: JsonObject };

function readRequest(body: JsonObject, path: string): QueryRequest {
  return {
    query: readQuery(body, path),
    offset: readCount(body, 'offset', { fallback: 0 }),
    fields: readPointFields(body, { payload: false, vectors: false }),
    body,
  };
}

function query(context: RequestContext) {
  const request = readRequest(bodyObject(context), 'internal');
  checkReadParams(context);
  const collection = openCollection(context);
  const hits = results(collection, request);
  return resultAnswer((writer) => writeHits(writer, collection, hits, request.fields));
}

function batch(context: RequestContext) {
  const searches = bodyObject(context).get('searches');
  if (!Array.isArray(searches)) throw failure.format('missing field `searches`');
  const requests = searches.map((body, i) => {
    if (!isObject(body)) throw failure.format('invalid type, expected struct QueryRequest');
    return readRequest(body, `searches[${i}].internal`);
  });
  checkReadParams(context);
  const collection = openCollection(context);
  checkStrictBatch(collection, requests.length);
  const all = requests.map((request) => ({ request, hits: results(collection, request) }));
  return resultAnswer((writer) => writer.list(all, ({ request, hits }) => writeHits(writer, collection, hits, request.fields)));
}

function results(collection: Collection, { query, offset, fields, body }: QueryRequest): QueryHit[] {
  checkStrictQuery(collection, body, query.limit);
  checkPointFields(collection, fields);
  return runQuery(collection, query, query.limit + offset).slice(offset);
}

/** Strict mode looks at prefetches as at queries, innermost first. */
function checkStrictQuery(collection: Collection, body: JsonObject, limit: number): void {
  const prefetch = body.get('prefetch') ?? [];
  for (const inner of Array.isArray(prefetch) ? prefetch : [prefetch]) {
    if (isObject(inner)) checkStrictQuery(collection, inner, readCount(inner, 'limit', { fallback: 10 }));
  }
  checkStrictRead(collection, { limit, body });
}

function groups(context: RequestContext) {
  const body = bodyObject(context);
  const { query, fields } = readRequest(body, 'search_group_request');
  const key = body.get('group_by');
  const path = typeof key === 'string' ? parsePath(key) : undefined;
  if (path === undefined) throw failure.format('missing field `group_by`');
  if ((body.get('with_lookup') ?? null) !== null) throw failure.missing('with_lookup in query groups');
  const limit = readCount(body, 'limit', { fallback: 10, min: 1, path: 'group_request.' });
  const size = readCount(body, 'group_size', { fallback: 3, min: 1, path: 'group_request.' });
  checkReadParams(context);
  const collection = openCollection(context);
  checkStrictGroupBy(collection, String(key));
  checkStrictQuery(collection, body, limit * size);
  checkPointFields(collection, fields);
  const found = groupHits(collection, runQuery(collection, query, collection.size), { path, limit, size });
  return resultAnswer((writer) =>
    writer
      .ascii('{"groups":')
      .list(found, (group) => {
        writer.ascii('{"hits":');
        writeList(writer, collection, group.hits, fields);
        writer.text(`,"id":${group.id}}`);
      })
      .ascii('}'),
  );
}

function writeHits(writer: ByteWriter, collection: Collection, hits: QueryHit[], fields: PointFields): void {
  writer.ascii('{"points":');
  writeList(writer, collection, hits, fields);
  writer.ascii('}');
}

function writeList(writer: ByteWriter, collection: Collection, hits: QueryHit[], fields: PointFields): void {
  writer.list(hits, ({ id, slot, score, plain, orderValue }) => {
    const scored = `,"version":${plain === true ? 0 : collection.version(slot)},"score":${spellFloat32(score)}`;
    writePoint(writer, collection, { id, slot, scored, ...(orderValue === undefined ? {} : { orderValue }) }, fields);
  });
}
