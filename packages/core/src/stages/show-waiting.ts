import type { Migration, Wait } from '../domain/migration.ts';
import { isSameWait } from '../domain/words.ts';
import { type CoordinatorDeps, isoNow } from '../ports/coordinator-deps.ts';
import { updateInPhase } from '../ports/migration-document.ts';

/** Says what a migration waits for; null: for nothing. Told to everyone where it is another wait. */
export async function showWaiting(deps: CoordinatorDeps, migration: Migration, wait: Wait | null): Promise<void> {
  const now = await deps.migrations.load(migration.id);
  const before = now?.waiting ?? null;
  if (now === null || (before?.reason ?? null) === (wait?.reason ?? null)) return;
  const since = before !== null && wait !== null && isSameWait(before.reason, wait.reason) ? before.since : isoNow(deps);
  await updateInPhase(deps, migration, { waiting: wait === null ? null : { ...wait, since } });
  if (wait !== null) await deps.events.publish(migration.id, { type: 'waiting', at: isoNow(deps), reason: wait.reason });
}
