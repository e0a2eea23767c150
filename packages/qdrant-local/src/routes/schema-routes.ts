import { ApiError, failure } from '../api/api-error.ts';
import { addVectorName, readVectorNameConfig } from '../config/config-changes.ts';
import { checkVectorName } from '../config/names.ts';
import { parsePath } from '../points/json-path.ts';
import type { Collection } from '../storage/collection.ts';
import { columnFor } from '../storage/columns.ts';
import { readIndexSchema } from '../storage/payload-indexes.ts';
import { checkStrictIndexes } from '../storage/strict-mode.ts';
import { bodyObject, collectionName, type RequestContext, type Route, readWait, updateResult, valueAnswer } from './route.ts';

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
    if (addVectorName(config, name, given)) columns.set(name, columnFor(given.kind, given.params));
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
