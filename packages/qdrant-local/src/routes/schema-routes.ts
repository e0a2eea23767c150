import { ApiError, failure } from '../api-error.ts';
import { readIndexSchema } from '../config/index-schema.ts';
import { checkVectorName } from '../config/names.ts';
import { addVectorName, readVectorNameConfig } from '../config/vector-name-config.ts';
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
  if (typeof field !== 'string' || parsePath(field) === undefined)
    throw failure.format(typeof field === 'string' ? `Invalid json path: '${field}'` : 'missing field `field_name`');
  const index = readIndexSchema(body.get('field_schema') ?? body.get('field_type') ?? null);
  return changed(context, (collection) => {
    checkStrictIndexes(collection);
    collection.indexes.set(field, index);
  });
}

function deleteIndex(context: RequestContext) {
  const field = context.params.field ?? '';
  if (parsePath(field) === undefined) throw new ApiError(400, `Deserialize error in path parameters: Invalid json path: '${field}'`);
  return changed(context, (collection) => collection.indexes.delete(field));
}

function createVector(context: RequestContext) {
  if (!context.features.vectorNames) throw failure.unknownRoute();
  const name = vectorName(context);
  const given = readVectorNameConfig(bodyObject(context));
  return changed(context, ({ config, columns }) => {
    if (addVectorName(config, name, given)) columns.set(name, given.kind === 'sparse' ? new SparseColumn() : columnFor(given.params));
  });
}

function deleteVector(context: RequestContext) {
  if (!context.features.vectorNames) throw failure.unknownRoute();
  const name = vectorName(context);
  return changed(context, ({ config, columns }) => {
    config.vectors.delete(name);
    config.sparse.delete(name);
    columns.delete(name);
  });
}

function vectorName({ params }: RequestContext): string {
  const name = params.vector ?? '';
  checkVectorName(name);
  return name;
}

/** A change of schema counts as two operations, as it does on the server. */
function changed(context: RequestContext, change: (collection: Collection) => void) {
  const wait = readWait(context);
  const collection = context.database.resolve(collectionName(context));
  change(collection);
  collection.operations += 2;
  return valueAnswer(updateResult(collection, wait));
}
