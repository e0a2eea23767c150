import type { Migration } from '../domain/migration.ts';
import { isSameWait } from '../domain/words.ts';
import { type CoordinatorDeps, isoNow } from '../ports/coordinator-deps.ts';
import { updateInPhase } from '../ports/migration-document.ts';

/** Says what a migration waits for, in words that stand behind `waiting`; null: for nothing. Told to everyone where it is another wait. */
export async function showWaiting(deps: CoordinatorDeps, migration: Migration, reason: string | null): Promise<void> {
  const now = await deps.migrations.load(migration.id);
  const before = now?.waiting ?? null;
  if (now === null || (before?.reason ?? null) === reason) return;
  const since = before !== null && reason !== null && isSameWait(before.reason, reason) ? before.since : isoNow(deps);
  await updateInPhase(deps, migration, { waiting: reason === null ? null : { reason, since } });
  if (reason !== null) await deps.events.publish(migration.id, { type: 'waiting', at: isoNow(deps), reason });
}
