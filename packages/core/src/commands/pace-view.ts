import type { MigrationView } from '@reembed/contracts';
import { dollars, percent } from '../domain/amounts.ts';
import type { Migration } from '../domain/migration.ts';
import { isThrottled, isTold } from '../domain/pacing.ts';
import { isAtWork } from '../domain/transitions.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';

/** How fast a migration may go, with every reason; null where nothing holds it back, or nothing is done. */
export async function paceOf({ pace }: Pick<CoordinatorDeps, 'pace'>, migration: Migration): Promise<MigrationView['pace']> {
  if (!isAtWork(migration) || !isThrottled(migration)) return null;
  const { pointsPerSecond, share, maxCostUsd } = migration.spec.throttle;
  const told = isTold(migration) ? await pace.standing(migration.id) : null;
  const reasons = [
    ...(told === null || told.why === '' ? [] : [told.why]),
    ...(pointsPerSecond === null ? [] : [`at most ${pointsPerSecond} points/s by throttle.pointsPerSecond`]),
    ...(share === undefined || share === 1 ? [] : [`at most ${percent(share)} of its providers' limits by throttle.share`]),
    ...(maxCostUsd === null ? [] : [`it pauses before it has cost ${dollars(maxCostUsd)} (throttle.maxCostUsd)`]),
    ...(migration.until == null ? [] : [`it pauses at ${percent(migration.until)} of the points`]),
  ];
  const rates = [pointsPerSecond, told?.pointsPerSecond ?? null].filter((rate) => rate !== null);
  return reasons.length === 0 ? null : { pointsPerSecond: rates.length === 0 ? null : Math.min(...rates), reasons };
}
