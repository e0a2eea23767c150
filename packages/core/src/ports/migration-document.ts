import { ReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import { type CoordinatorDeps, isoNow } from './coordinator-deps.ts';
import type { Migrations } from './state.ts';

/** Throws `not-found`. */
export async function loadMigration(deps: { readonly migrations: Migrations }, id: string): Promise<Migration> {
  const migration = await deps.migrations.load(id);
  if (migration === null)
    throw new ReembedError('not-found', `there is no migration ${JSON.stringify(id)}; list them with \`reembed list\``);
  return migration;
}

/** Whether the phase, and within a switch the step, that this stage works for is still the current one. */
export async function isCurrent(deps: CoordinatorDeps, migration: Migration): Promise<boolean> {
  const now = await deps.migrations.load(migration.id);
  return now?.phaseNumber === migration.phaseNumber && now.cutover === migration.cutover;
}

/**
 * Changes the document only where phase, step and pass are still those this stage began with: a stage that lost its lock and runs on beside
 * another must not begin a pass or a step over the other's.
 */
export function updateWhereItStands(deps: CoordinatorDeps, migration: Migration, change: Partial<Migration>): Promise<Migration | null> {
  return deps.migrations.update(migration.id, (now) => {
    const stands =
      now.phaseNumber === migration.phaseNumber && now.cutover === migration.cutover && now.lastPassNumber === migration.lastPassNumber;
    return stands ? { ...now, ...change, updatedAt: isoNow(deps) } : null;
  });
}

/** Changes the document while the phase stands; answers null where it has moved on. */
export function updateInPhase(deps: CoordinatorDeps, migration: Migration, change: Partial<Migration>): Promise<Migration | null> {
  return deps.migrations.update(migration.id, (now) =>
    now.phaseNumber === migration.phaseNumber ? { ...now, ...change, updatedAt: isoNow(deps) } : null,
  );
}
