import type { JsonValue } from '../json/json-value.ts';
import { OPERATIONS, type ReadOperation, readOperations } from '../operations/batch.ts';
import type { Operation } from '../operations/operation.ts';
import type { Collection } from '../storage/collection.ts';
import { bodyReader, openCollection, type RequestContext, type Route, readWait, updateResult, valueAnswer } from './route.ts';

const WRITES: [method: string, path: string, operation: keyof typeof OPERATIONS][] = [
  ['PUT', '', 'upsert'],
  ['POST', '/delete', 'delete'],
  ['POST', '/payload', 'set_payload'],
  ['PUT', '/payload', 'overwrite_payload'],
  ['POST', '/payload/delete', 'delete_payload'],
  ['POST', '/payload/clear', 'clear_payload'],
  ['PUT', '/vectors', 'update_vectors'],
  ['POST', '/vectors/delete', 'delete_vectors'],
];

export const writeRoutes: Route[] = [
  ...WRITES.map(
    ([method, path, name]): Route => ({
      method,
      path: `/collections/{collection}/points${path}`,
      handle: (context) => single(context, OPERATIONS[name]),
    }),
  ),
  { method: 'POST', path: '/collections/{collection}/points/batch', handle: batch },
];

function single(context: RequestContext, read: ReadOperation) {
  const reader = bodyReader(context);
  const operation = read(reader, context.features);
  reader.end();
  const wait = readWait(context);
  return valueAnswer(applied(openCollection(context), operation, wait));
}

/** The operations one after another; the first that fails ends it, and those before it stay done. */
function batch(context: RequestContext) {
  const reader = bodyReader(context);
  const operations = readOperations(reader, context.features);
  reader.end();
  const wait = readWait(context);
  const collection = openCollection(context);
  return valueAnswer(operations.map((operation) => applied(collection, operation, wait)));
}

function applied(collection: Collection, operation: Operation, wait: boolean): JsonValue {
  collection.operations++;
  operation(collection);
  return updateResult(collection, wait);
}
