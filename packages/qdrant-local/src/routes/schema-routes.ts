import { failure } from '../api-error.ts';
import { sparseParams, vectorParams } from '../config/collection-config.ts';
import { readIndexSchema } from '../config/index-schema.ts';
import { jsonText } from '../json/json-text.ts';
import { isObject, type JsonObject } from '../json/json-value.ts';
import { parsePath } from '../payload/json-path.ts';
import { valueAnswer } from '../server/answer.ts';
import { type Collection, columnFor } from '../storage/collection.ts';
import { SparseColumn } from '../storage/sparse-column.ts';
import { checkStrictIndexes } from '../storage/strict-mode.ts';
import { readWait } from './query-params.ts';
import { bodyObject, collectionName, type RequestContext, type Route } from './route.ts';
import { updateResult } from './write-routes.ts';

/** Changes of a collection's schema: payload indexes, and named vectors in place. */
export const schemaRoutes: Route[] = [
  { method: 'PUT', path: '/collections/{collection}/index', handle: createIndex },
  { method: 'DELETE', path: '/collections/{collection}/index/{field}', handle: deleteIndex },
  { method: 'PUT', path: '/collections/{collection}/vectors/{vector}', handle: createVector },
  { method: 'DELETE', path: '/collections/{collection}/vectors/{vector}', handle: deleteVector },
];

function createIndex(context: RequestContext) {
  const body = bodyObject(context);
  const field = body.get('field_name');
  if (typeof field !== 'string' || parsePath(field) === undefined) throw failure.format('missing field `field_name`');
  const index = readIndexSchema(body.get('field_schema') ?? body.get('field_type') ?? null);
  return changed(context, (collection) => {
    checkStrictIndexes(collection);
    collection.indexes.set(field, index);
  });
}

function deleteIndex(context: RequestContext) {
  return changed(context, (collection) => collection.indexes.delete(context.params.field ?? ''));
}

function createVector(context: RequestContext) {
  if (!context.features.vectorNames) throw failure.unknownRoute();
  const name = context.params.vector ?? '';
  const given = readVectorConfig(bodyObject(context));
  return changed(context, (collection) => {
    const { config, columns } = collection;
    const existing = config.vectors.get(name) ?? config.sparse.get(name);
    if (existing !== undefined) {
      if (jsonText(existing) !== jsonText(given.params))
        throw failure.wrongInput(`Vector \`${name}\` already exists with a different configuration`);
      return;
    }
    columns.set(name, given.sparse ? new SparseColumn() : columnFor(given.params));
    if (given.sparse) config.sparse.set(name, given.params);
    else {
      config.vectors.set(name, given.params);
      config.onlyUnnamed = false;
    }
  });
}

function readVectorConfig(body: JsonObject): { sparse: boolean; params: JsonObject } {
  const dense = body.get('dense');
  const sparse = body.get('sparse');
  if (isObject(dense)) return { sparse: false, params: vectorParams(dense, 'dense') };
  if (isObject(sparse)) return { sparse: true, params: sparseParams(sparse, 'sparse') };
  throw failure.format('data did not match any variant of untagged enum VectorNameConfig');
}

function deleteVector(context: RequestContext) {
  if (!context.features.vectorNames) throw failure.unknownRoute();
  const name = context.params.vector ?? '';
  return changed(context, ({ config, columns }) => {
    config.vectors.delete(name);
    config.sparse.delete(name);
    columns.delete(name);
  });
}

/** A change of schema counts as two operations, as it does on the server. */
function changed(context: RequestContext, change: (collection: Collection) => void) {
  const wait = readWait(context);
  const collection = context.database.resolve(collectionName(context));
  change(collection);
  collection.operations += 2;
  return valueAnswer(updateResult(collection, wait));
}
