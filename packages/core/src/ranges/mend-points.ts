import { fenceAlias } from '../domain/migration.ts';
import type { PointText } from '../domain/point.ts';
import { pointIdToJson } from '../domain/point-id.ts';
import type { SetAsideEntry } from '../ports/state.ts';
import { applyRecipes } from '../recipes/apply-recipes.ts';
import type { Difference } from './differences.ts';
import type { RangeContext } from './range-context.ts';
import { writePoints } from './write-points.ts';

/**
 * Makes the target's points those of the source: missing ones are embedded and inserted; changed ones replaced whole, payload and vectors
 * in one write, with only those texts embedded that read differently now. What only the target has is left alone. Answers what was paid.
 */
export async function mendPoints(context: RangeContext, found: readonly Difference[]): Promise<{ texts: number; tokens: number }> {
  if (found.every(({ source }) => source === undefined)) return { texts: 0, tokens: 0 };
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
