/**
 * What of Qdrant's API may hold texts, and what writes points. Everything else is none of ours, and passes as it is.
 * `query`: one query; `queries`: a list of them; the others are named as in `POST points/batch`, which holds them by that name.
 */
export type Operation = 'query' | 'queries' | Write | 'batch';

/** One write, with the body that it has by itself. */
export type Write =
  | 'upsert'
  | 'update_vectors'
  | 'delete_vectors'
  | 'delete'
  | 'set_payload'
  | 'overwrite_payload'
  | 'delete_payload'
  | 'clear_payload';

const operations: Readonly<Record<string, Operation>> = {
  'POST /points/query': 'query',
  'POST /points/query/groups': 'query',
  'POST /points/query/batch': 'queries',
  'PUT /points': 'upsert',
  'PUT /points/vectors': 'update_vectors',
  'POST /points/vectors/delete': 'delete_vectors',
  'POST /points/delete': 'delete',
  'POST /points/payload': 'set_payload',
  'PUT /points/payload': 'overwrite_payload',
  'POST /points/payload/delete': 'delete_payload',
  'POST /points/payload/clear': 'clear_payload',
  'POST /points/batch': 'batch',
};

/** `rest`: the path behind `/collections/{name}`. Null: none of ours. */
export function operationOf(method: string, rest: string): Operation | null {
  return operations[`${method} ${rest}`] ?? null;
}

/** Whether points are changed by it. */
export function isWrite(operation: Operation): operation is Write | 'batch' {
  return operation !== 'query' && operation !== 'queries';
}

/** Whether it may edit payloads and leave vectors as they are. */
export function mayEditPayloads(operation: Operation): boolean {
  return operation === 'batch' || operation.endsWith('_payload');
}

/** Whether texts may stand in it. */
export function mayHoldTexts(operation: Operation): boolean {
  return ['query', 'queries', 'upsert', 'update_vectors', 'batch'].includes(operation);
}
