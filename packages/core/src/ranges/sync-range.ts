import { fenceAlias } from '../migration.ts';
import { pointIdToJson } from '../point-id.ts';
import type { PointText } from '../ports/collections.ts';
import type { SetAsideEntry } from '../ports/state.ts';
import { applyRecipes } from '../recipes/apply-recipes.ts';
import { type Difference, differences, findingsOf } from './differences.ts';
import { advanceDividing } from './divide-range.ts';
import type { RangeContext } from './range-context.ts';
import { withoutSetAside } from './set-aside-points.ts';
import { walkBoth } from './walk-both.ts';
import { writePoints } from './write-points.ts';

/**
 * Makes a range of the target follow the source: missing points are embedded and inserted; changed ones replaced whole, payload and
 * vectors in one write, with only those texts embedded that read differently now; vanished ones are named as candidates.
 */
export async function syncRange(context: RangeContext): Promise<void> {
  const { migration, setAside } = context;
  const advance = advanceDividing(context);
  for await (const { source, target, next } of walkBoth(context)) {
    const found = await withoutSetAside(setAside, migration.id, await differences(context.recipes, source, target));
    const spent = found.length === 0 ? { texts: 0, tokens: 0 } : await mend(context, found);
    const listed = findingsOf(found).filter(({ kind }) => kind === 'extra');
    if (!(await advance(next, { points: source.length, findings: findingsOf(found), listed, ...spent }))) return;
  }
}

async function mend(context: RangeContext, found: readonly Difference[]): Promise<{ texts: number; tokens: number }> {
  const missing = found.flatMap(({ source, target }) => (source !== undefined && target === undefined ? [source] : []));
  const changed = found.flatMap(({ source, target }) => (source !== undefined && target !== undefined ? [{ source, target }] : []));
  const inserted = await applyRecipes(context.recipes, missing);
  const stored = new Map(changed.map(({ source, target }) => [source, target]));
  const replaced = await applyRecipes(context.recipes, [...stored.keys()], (point) => stored.get(point));
  const refused = [
    ...(await writePoints(context, 'insertOnly', inserted.points)),
    ...(await writePoints(context, 'updateOnly', replaced.points)),
  ];
  await record(context, [...missing, ...changed.map(({ source }) => source)], [...inserted.setAside, ...replaced.setAside, ...refused]);
  return { texts: inserted.texts + replaced.texts, tokens: inserted.tokens + replaced.tokens };
}

/** Keeps the record of what is set aside in step: what was written is not, and a stale copy of what could not be is removed. */
async function record(context: RangeContext, tried: readonly PointText[], setAside: readonly SetAsideEntry[]): Promise<void> {
  const { migration, points } = context;
  const failed = new Set(setAside.map((entry) => pointIdToJson(entry.id)));
  if (setAside.length > 0) {
    await context.setAside.put(migration.id, setAside);
    await points.remove(
      fenceAlias(migration.id, migration.epoch),
      setAside.map((entry) => entry.id),
    );
  }
  const written = tried.filter((point) => !failed.has(pointIdToJson(point.id)));
  await context.setAside.remove(
    migration.id,
    written.map((point) => point.id),
  );
}
