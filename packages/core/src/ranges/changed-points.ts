import { changedSince, latestChange } from '../domain/changed-field.ts';
import type { PointText } from '../domain/point.ts';
import { pointIdToJson } from '../domain/point-id.ts';
import type { RangeDelta } from '../ports/state.ts';
import type { RangeContext } from './range-context.ts';
import { sourceRead } from './source-read.ts';

/** What a page adds to the watermark; nothing where the migration has none. */
export function latestChangeIn({ migration }: RangeContext, points: readonly PointText[]): Pick<RangeDelta, 'latestChange'> {
  const { changedField } = migration.spec.sync;
  const { changedKind } = migration.resolved;
  const latest = changedField === null || changedKind === null ? null : latestChange(changedKind, changedField, points);
  return latest === null ? {} : { latestChange: latest };
}

/** Those of these source points that changed at `since` or later, by Qdrant's own judgement: ids only. */
export async function changedAmong(context: RangeContext, points: readonly PointText[], since: number): Promise<ReadonlySet<string>> {
  const { collection, filter, signal } = sourceRead(context);
  const { changedField } = context.migration.spec.sync;
  const { changedKind } = context.migration.resolved;
  // A limit comes from values of such a field.
  if (changedField === null || changedKind === null) throw new Error('a pass is limited by a field that is not there');
  const recent = changedSince(changedKind, changedField, since);
  const found = await context.points.retrieve(collection, {
    ids: points.map(({ id }) => id),
    payload: false,
    vectors: [],
    filter: filter === undefined ? recent : { must: [filter, recent] },
    signal,
  });
  return new Set(found.map(({ id }) => pointIdToJson(id)));
}
