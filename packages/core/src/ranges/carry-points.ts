import type { PointId } from '@reembed/contracts';
import { fenceOf } from '../domain/migration.ts';
import { inOrder, type PointText } from '../domain/point.ts';
import { sourceFilter } from '../domain/source-points.ts';
import { targetVectors } from '../recipes/target-vectors.ts';
import { differences } from './differences.ts';
import type { WriteContext } from './range-context.ts';
import { mendPoints } from './sync-range.ts';
import { withoutSetAside } from './write-points.ts';

/** Readings of a page before it is left to those who go on writing to its points: each of them carries what it has written. */
const mostReadings = 5;

/**
 * Makes these points of the target follow the source, as a sync pass does: what was just written there is brought along without waiting for
 * one. The source is read again afterwards, and what another writer has changed meanwhile is brought along too: of two who carry one point,
 * whoever comes last has seen the last of it. Writes go through the fence alone: throws `qdrant-not-found` where it is closed.
 */
export async function carryPoints(context: WriteContext, ids: readonly PointId[]): Promise<void> {
  const { pagePoints } = context.migration.spec.copy;
  for (let from = 0; from < ids.length; from += pagePoints) await carryPage(context, ids.slice(from, from + pagePoints));
}

async function carryPage(context: WriteContext, ids: readonly PointId[]): Promise<void> {
  let carried: string | null = null;
  for (let readings = 0; readings < mostReadings; readings++) {
    const source = await readSource(context, ids);
    const reads = JSON.stringify(source);
    if (reads === carried) return;
    await follow(context, ids, source);
    carried = reads;
  }
}

async function follow(context: WriteContext, ids: readonly PointId[], source: readonly PointText[]): Promise<void> {
  const { migration, points, recipes, signal } = context;
  const { spec } = migration;
  const vectors = Object.keys(spec.vectors);
  const target = await points.retrieve(spec.target.collection, { ids, payload: true, vectors, majority: true, signal });
  const found = await withoutSetAside(context, await differences(recipes, source, inOrder(target)));
  await mendPoints(context, found);
  const gone = found.filter((difference) => difference.source === undefined).map(({ id }) => id);
  await points.remove(fenceOf(migration), gone);
}

/** Of a majority: a replica that lags must not take back what was just written. */
async function readSource({ migration, points, signal }: WriteContext, ids: readonly PointId[]): Promise<PointText[]> {
  const { spec, resolved } = migration;
  const vectors = [...new Set(targetVectors(spec).flatMap(({ reads }) => reads))];
  const filter = sourceFilter(spec);
  return inOrder(await points.retrieve(resolved.source, { ids, payload: true, vectors, filter, majority: true, signal }));
}
