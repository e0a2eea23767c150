import { type Addressable, findAddressed } from '../domain/addressed.ts';
import { isReembedError, ReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import { hasEnded, isSamePhase } from '../domain/transitions.ts';
import { reembed } from '../domain/words.ts';
import { type CoordinatorDeps, isoNow } from './coordinator-deps.ts';
import type { Migrations } from './state.ts';

/** The migration of that id, name or target. Throws `not-found`, `invalid-request` where several are meant, and as `load` where it cannot be read. */
export async function loadMigration({ migrations }: { readonly migrations: Migrations }, word: string): Promise<Migration> {
  const found = (await migrations.load(word)) ?? findAddressed(await migrations.list(), word, addressOf);
  if (found !== null) return found;
  const unreadable = (await migrations.unreadable()).find(({ target }) => target === word);
  if (unreadable !== undefined) throw new ReembedError(unreadable.code, unreadable.message);
  throw new ReembedError(
    'not-found',
    `there is no migration ${JSON.stringify(word)}, by its id, its name or its target; list them with ${reembed('list')}`,
  );
}

/** Whether a document could not be read, as against a store that does not answer. */
export function isUnreadable(error: unknown): error is ReembedError {
  return isReembedError(error, 'document-damaged') || isReembedError(error, 'newer-version');
}

/** The document of that id; null where there is none, or none that can be read: the target's metadata says where the migration stands. Throws `newer-version`. */
export async function loadUndamaged({ migrations }: { readonly migrations: Migrations }, id: string): Promise<Migration | null> {
  try {
    return await migrations.load(id);
  } catch (error) {
    if (isReembedError(error, 'document-damaged')) return null;
    throw error;
  }
}

function addressOf(migration: Migration): Addressable {
  const { id, spec } = migration;
  return { id, name: spec.name, target: spec.target.collection, ended: hasEnded(migration) };
}

/** Whether the phase, and within a switch the step, that this stage works for is still the current one. */
export async function isCurrent(deps: CoordinatorDeps, migration: Migration): Promise<boolean> {
  const now = await deps.migrations.load(migration.id);
  return now !== null && isSamePhase(now, migration) && now.cutover === migration.cutover;
}

/**
 * Changes the document only where phase, step and pass are still those this stage began with: a stage that lost its lock and runs on beside
 * another must not begin a pass or a step over the other's.
 */
export function updateWhereItStands(deps: CoordinatorDeps, migration: Migration, change: Partial<Migration>): Promise<Migration | null> {
  return deps.migrations.update(migration.id, (now) => {
    const stands = isSamePhase(now, migration) && now.cutover === migration.cutover && now.lastPassNumber === migration.lastPassNumber;
    return stands ? { ...now, ...change, updatedAt: isoNow(deps) } : null;
  });
}

/** Changes the document while the phase stands; answers null where it has moved on. */
export function updateInPhase(deps: CoordinatorDeps, migration: Migration, change: Partial<Migration>): Promise<Migration | null> {
  return deps.migrations.update(migration.id, (now) =>
    isSamePhase(now, migration) ? { ...now, ...change, updatedAt: isoNow(deps) } : null,
  );
}
