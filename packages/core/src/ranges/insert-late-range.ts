import type { PointText } from '../domain/point.ts';
import { comparePointIds, pointIdToJson } from '../domain/point-id.ts';
import { applyRecipes } from '../recipes/apply-recipes.ts';
import type { RangeContext } from './range-context.ts';
import { sourceRead } from './source-read.ts';
import { withoutStored } from './without-stored.ts';
import { writePoints } from './write-points.ts';

/** Inserts the points of this range that the look back listed as missing, as the source has them now. What the target has stays whole. */
export async function insertLateRange(context: RangeContext): Promise<void> {
  const { record, migration } = context;
  const ids = (await context.lateIds()).filter((id) => {
    return (
      (record.start === null || comparePointIds(id, record.start) >= 0) && (record.end === null || comparePointIds(id, record.end) < 0)
    );
  });
  const { payload, vectors, filter, signal } = sourceRead(context);
  const points = await context.points.retrieve(migration.resolved.source, { ids, payload, vectors, filter, signal });
  const absent = await withoutStored(context, unique(points));
  const { setAside, texts, tokens, points: mapped } = await applyRecipes(context.recipes, absent);
  const refused = await writePoints(context, 'insertOnly', mapped);
  await context.setAside.put(migration.id, [...setAside, ...refused]);
  await context.progress(null, { points: points.length, texts, tokens });
}

function unique(points: readonly PointText[]): readonly PointText[] {
  return [...new Map(points.map((point) => [pointIdToJson(point.id), point])).values()];
}
