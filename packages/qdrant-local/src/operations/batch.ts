import { failure } from '../api/api-error.ts';
import type { Features } from '../api/versions.ts';
import type { JsonReader } from '../json/json-reader.ts';
import { isObject, type JsonObject } from '../json/json-value.ts';
import { type Operation, readTarget } from './operation.ts';
import { clearPayload, deletePayload, overwritePayload, setPayload } from './payload-operations.ts';
import { readUpsert } from './upsert.ts';
import { deleteVectors, readUpdateVectors } from './vector-operations.ts';

/** Reads the body of an operation; what the version does not know is passed over. Throws 400, 422. */
export type ReadOperation = (reader: JsonReader, features: Features) => Operation;

/** Every operation on points by its name in a batch. */
export const OPERATIONS = {
  upsert: readUpsert,
  delete: ofBody(deletePoints),
  set_payload: ofBody(setPayload),
  overwrite_payload: ofBody(overwritePayload),
  delete_payload: ofBody(deletePayload),
  clear_payload: ofBody(clearPayload),
  update_vectors: readUpdateVectors,
  delete_vectors: ofBody(deleteVectors),
} satisfies Record<string, ReadOperation>;
const BY_NAME = new Map<string, ReadOperation>(Object.entries(OPERATIONS));

function ofBody(make: (body: JsonObject) => Operation): ReadOperation {
  return (reader) => {
    const body = reader.value();
    if (!isObject(body)) throw failure.format('expected an object');
    return make(body);
  };
}

/** The operations of `POST …/points/batch`, in order. Throws 400, 422. */
export function readOperations(reader: JsonReader, features: Features): Operation[] {
  const operations: Operation[] = [];
  let found = false;
  reader.object((key) => {
    if (key !== 'operations') {
      reader.value();
      return;
    }
    found = true;
    reader.array(() => {
      let operation: Operation | undefined;
      reader.object((name) => {
        const read = BY_NAME.get(name);
        if (read === undefined) reader.value();
        else operation = read(reader, features);
      });
      if (operation === undefined) throw failure.format('data did not match any variant of untagged enum UpdateOperation');
      operations.push(operation);
    });
  });
  if (!found) throw failure.format('missing field `operations`');
  return operations;
}

/** Absent ids are passed over. */
function deletePoints(body: JsonObject): Operation {
  const target = readTarget(body, () => failure.format('data did not match any variant of untagged enum PointsSelector'));
  return (collection) => {
    for (const id of target(collection)) collection.remove(id);
  };
}
