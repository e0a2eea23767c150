import { fenceAlias } from '../migration.ts';
import { pointIdToJson } from '../point-id.ts';
import type { PointText } from '../ports/collections.ts';
import type { SetAsideEntry } from '../ports/state.ts';
import { applyRecipes } from '../recipes/apply-recipes.ts';
import { renderText } from '../recipes/render-text.ts';
import { embedVectors } from '../recipes/target-vectors.ts';
import { vectorFault } from '../recipes/vector-text.ts';
import { type Difference, differences, findingsOf } from './differences.ts';
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
  for await (const { source, target, next } of walkBoth(context)) {
    const found = await withoutSetAside(setAside, migration.id, differences(migration, source, target));
    const spent = found.length === 0 ? { texts: 0, tokens: 0 } : await mend(context, found);
    const listed = findingsOf(found).filter(({ kind }) => kind === 'extra');
    await context.progress(next, { points: source.length, findings: findingsOf(found), listed, ...spent });
  }
}

async function mend(context: RangeContext, found: readonly Difference[]): Promise<{ texts: number; tokens: number }> {
  const missing = found.flatMap(({ source, target }) => (source !== undefined && target === undefined ? [source] : []));
  const changed = found.flatMap(({ source, target }) => (source !== undefined && target !== undefined ? [{ source, target }] : []));
  const inserted = await applyRecipes(context.recipes, missing);
  const replaced = await applyRecipes(
    { ...context.recipes, reuse: stillValid(context, changed) },
    changed.map(({ source }) => source),
  );
  const refused = [
    ...(await writePoints(context, 'insertOnly', inserted.points)),
    ...(await writePoints(context, 'updateOnly', replaced.points)),
  ];
  await record(context, [...missing, ...changed.map(({ source }) => source)], [...inserted.setAside, ...replaced.setAside, ...refused]);
  return { texts: inserted.texts + replaced.texts, tokens: inserted.tokens + replaced.tokens };
}

/** The vector of the target that still belongs to the source's text: it was made from the same one, and nothing is wrong with it. */
function stillValid({ migration }: RangeContext, changed: readonly { source: PointText; target: PointText }[]) {
  const targets = new Map(changed.map(({ source, target }) => [pointIdToJson(source.id), target]));
  const templates = new Map(embedVectors(migration.spec).map(({ name, recipe }) => [name, recipe.text]));
  return (point: PointText, vector: string): string | null => {
    const target = targets.get(pointIdToJson(point.id));
    const text = target?.vectors[vector];
    const template = templates.get(vector);
    if (target === undefined || text === undefined || template === undefined || vectorFault(text) !== null) return null;
    return renderText(template, point.payload) === renderText(template, target.payload) ? text : null;
  };
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
