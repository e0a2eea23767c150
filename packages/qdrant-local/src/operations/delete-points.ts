import { failure } from '../api-error.ts';
import type { JsonObject } from '../json/json-value.ts';
import type { Operation } from './operation.ts';
import { readTarget } from './target.ts';

/** Deletes points; absent ids are passed over. Throws 400, 422. */
export function deletePoints(body: JsonObject): Operation {
  const target = readTarget(body);
  if (target === undefined) throw failure.format('data did not match any variant of untagged enum PointsSelector');
  return (collection) => {
    for (const id of target(collection)) collection.remove(id);
  };
}
