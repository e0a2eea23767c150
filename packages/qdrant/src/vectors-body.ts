import { type PointVectors, pointIdToJson } from '@reembed/core';

/** The body of a `PUT /collections/{c}/points/vectors`, put together from text. `onlyMissing`: points that have this vector are passed over. */
export function vectorsBody(points: readonly PointVectors[], onlyMissing: string | undefined): string {
  const guard = onlyMissing === undefined ? '' : `,"update_filter":{"must_not":[{"has_vector":${JSON.stringify(onlyMissing)}}]}`;
  return `{"points":[${points.map(pointVectors).join(',')}]${guard}}`;
}

function pointVectors({ id, vectors }: PointVectors): string {
  const named = Object.entries(vectors).map(([name, vector]) => `${JSON.stringify(name)}:${vector}`);
  return `{"id":${pointIdToJson(id)},"vector":{${named.join(',')}}}`;
}
