import { failure } from '../api-error.ts';
import { JsonReader, parseJson } from '../json/json-reader.ts';
import { isObject, type JsonObject } from '../json/json-value.ts';
import type { Answer } from '../server/answer.ts';
import type { Features } from '../server/versions.ts';
import type { Collection } from '../storage/collection.ts';
import type { Database } from '../storage/database.ts';
import { checkStrictTimeout } from '../storage/strict-mode.ts';
import { timeoutSeconds } from './query-params.ts';

/** A request as routes see it. `params` are the `{names}` of the path, decoded. */
export type RequestContext = {
  database: Database;
  features: Features;
  version: string;
  params: Record<string, string>;
  query: URLSearchParams;
  body: Buffer;
};

/** A path is spelled with `{name}` for a segment. */
export type Route = { method: string; path: string; handle: (context: RequestContext) => Answer };

/** The body as an object. Throws 400. */
export function bodyObject({ body }: RequestContext): JsonObject {
  const value = parseJson(body);
  if (!isObject(value)) throw failure.format('expected an object');
  return value;
}

export function bodyReader({ body }: RequestContext): JsonReader {
  return new JsonReader(body);
}

/** The collection of the request's path, once its `timeout` is found to be allowed. Throws 404, 400. */
export function openCollection(context: RequestContext): Collection {
  const collection = context.database.resolve(collectionName(context));
  checkStrictTimeout(collection, timeoutSeconds(context));
  return collection;
}

export function collectionName({ params }: RequestContext): string {
  return params.collection ?? '';
}
