import { type PointText, pointIdToJson } from '@reembed/core';

/**
 * The body of a `PUT /collections/{c}/points` that inserts absent points and changes none, put together from text: nothing is parsed,
 * nothing spelled anew. `update_mode` says so to 1.17 and later, which then ignore the filter; 1.16 ignores the unknown `update_mode` and
 * inserts under a filter that no existing point matches. Without the filter it would overwrite, and say nothing.
 */
export function insertOnlyBody(points: readonly PointText[]): string {
  return `{"points":[${points.map(pointToJson).join(',')}],"update_mode":"insert_only","update_filter":{"must":[{"has_id":[]}]}}`;
}

/** Every point carries `vector`, which the server demands: `{}` for a point without any. */
function pointToJson({ id, payload, vectors }: PointText): string {
  return `{"id":${pointIdToJson(id)},"payload":${payload},"vector":${vectorsToJson(vectors)}}`;
}

/**
 * The object form throughout: with the name `""` it means the unnamed vector, in collections that have only that one and in those that have
 * others beside it (seen on 1.19).
 */
function vectorsToJson(vectors: PointText['vectors']): string {
  let members = '';
  for (const name of Object.keys(vectors)) members += `${members === '' ? '' : ','}${JSON.stringify(name)}:${vectors[name]}`;
  return `{${members}}`;
}
