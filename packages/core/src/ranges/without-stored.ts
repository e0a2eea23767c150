import type { PointText } from '../domain/point.ts';
import { pointIdToJson } from '../domain/point-id.ts';
import type { RangeContext } from './range-context.ts';

/** Those of the points that the target does not have: what is stored is not embedded, and not paid, again. */
export async function withoutStored(
  { migration, points, signal }: Pick<RangeContext, 'migration' | 'points' | 'signal'>,
  page: readonly PointText[],
): Promise<readonly PointText[]> {
  if (page.length === 0) return page;
  const ids = page.map((point) => point.id);
  const stored = await points.retrieve(migration.spec.target.collection, { ids, payload: false, vectors: [], signal });
  const known = new Set(stored.map((point) => pointIdToJson(point.id)));
  return page.filter((point) => !known.has(pointIdToJson(point.id)));
}
