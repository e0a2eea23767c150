import type { PointText } from '../domain/point.ts';
import { idsOf } from '../domain/point-id-set.ts';
import type { RangeContext } from './range-context.ts';
import { actsByIt } from './read-pages.ts';

/** The first try of a range in the first pass finds an empty target. */
export function mayBeStored(pass: RangeContext['pass'], record: RangeContext['record']): boolean {
  return record.takenOver || record.attempts > 0 || pass.number > 1;
}

/** Those of the points that the target does not have: what is stored is not embedded, and not paid, again. */
export async function withoutStored(
  { migration, points, signal }: Pick<RangeContext, 'migration' | 'points' | 'signal'>,
  page: readonly PointText[],
): Promise<readonly PointText[]> {
  if (page.length === 0) return page;
  const ids = page.map((point) => point.id);
  // A late write that a lagging replica still has, though sync deleted it, would be neither inserted nor late any more.
  const majority = actsByIt(migration.phase);
  const stored = await points.retrieve(migration.spec.target.collection, { ids, payload: false, vectors: [], majority, signal });
  const known = idsOf(stored);
  return page.filter((point) => !known.has(point.id));
}
