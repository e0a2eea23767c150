import { type PointText, pointIdToJson } from '@reembed/core';

/** How an upsert treats points that exist; `update_mode` of `PUT /collections/{c}/points` (1.17 and later). */
export type UpdateMode = 'upsert' | 'insert_only' | 'update_only';

/** The body of `PUT /collections/{c}/points`, put together from text: nothing is parsed, nothing spelled anew. */
export function upsertBody(points: readonly PointText[], updateMode: UpdateMode): string {
  return `{"points":[${points.map(pointToJson).join(',')}],"update_mode":"${updateMode}"}`;
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
