import type { Phase } from '@reembed/contracts';
import type { Migration } from '../domain/migration.ts';
import { isSamePhase, moved } from '../domain/transitions.ts';
import { type CoordinatorDeps, isoNow } from '../ports/coordinator-deps.ts';

/** Moves to the next phase, provided this one still stands, and tells everyone. */
export function move(deps: CoordinatorDeps, from: Migration, to: Phase, change: Partial<Migration> = {}): Promise<Migration | null> {
  return changePhase(deps, from, (stored) => moved(stored, to, isoNow(deps), change));
}

/** Begins a phase by `change` (null: it does not), provided the one of `from` still stands, and tells everyone. */
export async function changePhase(
  deps: CoordinatorDeps,
  from: Migration,
  change: (stored: Migration) => Migration | null,
): Promise<Migration | null> {
  const now = await deps.migrations.update(from.id, (stored) => (isSamePhase(stored, from) ? change(stored) : null));
  if (now === null) return null;
  await tellBegun(deps, now);
  return now;
}

/** Tells everyone of a phase that has begun, and queues its stage. */
export async function tellBegun(deps: CoordinatorDeps, now: Migration): Promise<void> {
  await deps.signals.moved(now);
  await deps.events.publish(now.id, { type: 'phase', at: now.updatedAt, phase: now.phase, number: now.phaseNumber });
  if (now.error !== null) await deps.events.publish(now.id, { type: 'error', at: now.updatedAt, ...now.error });
  // Last: whoever follows the events has to have heard of a phase before its stage can end it.
  await deps.stageQueue.enqueue({ migrationId: now.id, phaseNumber: now.phaseNumber });
}
