import { createHash } from 'node:crypto';
import { pointIdToJson } from '../point-id.ts';
import type { PointText } from '../ports/collections.ts';

export type RangeHash = { add(points: readonly PointText[]): void; digest(): string };

/** A hash over ids, payload texts and vector texts of points, in their order: two readings that agree hash the same, however paged. */
export function createRangeHash(): RangeHash {
  const hash = createHash('sha256');
  return {
    add(points) {
      for (const { id, payload, vectors } of points) {
        hash.update(pointIdToJson(id)).update(payload);
        for (const name of Object.keys(vectors).sort()) hash.update(JSON.stringify(name)).update(vectors[name] ?? '');
      }
    },
    digest: () => hash.digest('base64'),
  };
}
