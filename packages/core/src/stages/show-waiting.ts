import type { Migration, Wait } from '../domain/migration.ts';
import { isSamePhase, waitingFor } from '../domain/transitions.ts';
import { type CoordinatorDeps, isoNow } from '../ports/coordinator-deps.ts';

/** Says what a migration waits for; null: for nothing. Told to everyone where it is another wait. */
export async function showWaiting(deps: CoordinatorDeps, migration: Migration, wait: Wait | null): Promise<void> {
  const { id } = migration;
  const now = await deps.migrations.load(id);
  if (now === null || (now.waiting?.reason ?? null) === (wait?.reason ?? null)) return;
  const at = isoNow(deps);
  await deps.migrations.update(id, (stored) =>
    isSamePhase(stored, migration) ? { ...waitingFor(stored, wait, at), updatedAt: at } : null,
  );
  if (wait !== null) await deps.events.publish(id, { type: 'waiting', at, reason: wait.reason });
}
