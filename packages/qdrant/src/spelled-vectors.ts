import type { PointText, PointVectors } from '@reembed/core';
import { vectorToJson } from './vector-to-json.ts';

/** The same point with every vector as JSON text. */
export function spelled<Point extends PointVectors>(point: Point): Omit<Point, 'vectors'> & Pick<PointText, 'vectors'> {
  const vectors = Object.entries(point.vectors).map(([name, one]) => [name, typeof one === 'string' ? one : vectorToJson(one)] as const);
  return { ...point, vectors: Object.fromEntries(vectors) };
}

/** Whether Qdrant is to embed for it. A document is the only vector whose text begins so: a sparse one has `indices` and `values`. */
export function holdsDocument({ vectors }: PointVectors): boolean {
  return Object.values(vectors).some((one) => typeof one === 'string' && one.startsWith('{"text":'));
}
