import type { Migration } from '../domain/migration.ts';
import { isThrottled, isTold } from '../domain/pacing.ts';
import type { Pace } from '../ports/pace.ts';

/** Waits until so many points of the source may be read by what the migration says now; where nothing holds it back nobody is asked. */
export async function takePace(pace: Pick<Pace, 'take'>, migration: Migration, points: number, signal: AbortSignal): Promise<void> {
  const { pointsPerSecond } = migration.spec.throttle;
  const told = isTold(migration);
  if (!isThrottled(migration) || (pointsPerSecond === null && !told)) return;
  await pace.take(migration.id, points, { pointsPerSecond, told }, signal);
}
