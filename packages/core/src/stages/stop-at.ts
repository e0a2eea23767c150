import type { Migration, Pass } from '../domain/migration.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import type { PassSummary } from '../ports/state.ts';
import { rangePoints } from '../ranges/range-context.ts';
import { move } from './change-phase.ts';

/** How many points a first pass covers before a person wants to look at it; null: all. */
function pointsUntil({ phase, until }: Migration, { kind, sourcePoints }: Pass): number | null {
  return until == null || phase !== 'copying' || kind === 'hot' ? null : until * sourcePoints;
}

/** Pauses a first pass that has come as far as a person wanted to see. Answers whether it has. */
export async function stopsHere(deps: CoordinatorDeps, migration: Migration, pass: Pass, { points }: PassSummary): Promise<boolean> {
  const wanted = pointsUntil(migration, pass);
  if (wanted === null || points < wanted) return false;
  await move(deps, migration, 'pausing', { until: null, stoppedAt: migration.until });
  return true;
}

/** No more ranges may wait than it takes to come there: what is queued is done, too. */
export async function windowUntil({ ranges }: CoordinatorDeps, migration: Migration, pass: Pass, window: number): Promise<number> {
  const wanted = pointsUntil(migration, pass);
  if (wanted === null) return window;
  const { points } = await ranges.summary(migration.id, pass.number);
  return Math.min(window, Math.max(1, Math.ceil((wanted - points) / rangePoints(migration, pass))));
}
