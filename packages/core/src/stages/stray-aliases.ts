import { epochOf, type Migration } from '../domain/migration.ts';
import { hasEnded, hasSwitched, mayWrite } from '../domain/transitions.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { strayReaders } from './earlier-target.ts';
import { fencesAmong } from './fence.ts';
import { dropNext, standingNext } from './next-alias.ts';

type Aliases = ReadonlyMap<string, string>;

/**
 * Drops aliases of these migrations that nobody needs: a coordinator that slept before it made one, and died before it looked again, leaves
 * it.
 */
export async function dropStrayAliases(
  deps: Pick<CoordinatorDeps, 'collections' | 'clock' | 'requestTimeoutMs'>,
  migrations: readonly Migration[],
): Promise<void> {
  const { collections } = deps;
  const aliases = await collections.aliases();
  for (const migration of migrations) {
    for (const name of [...strayFences(migration, aliases), ...strayReaders(migration, aliases)]) await collections.dropAlias(name);
    if (isNextStray(migration, aliases)) await dropNext(deps, migration);
  }
}

/** Where nobody writes, a worker that slept as long could write through them. Those of a later epoch are another fleet's. */
function strayFences(migration: Migration, aliases: Aliases): string[] {
  const { id, epoch } = migration;
  const isStray = (of: number) => of < epoch || (of === epoch && !mayWrite(migration));
  return fencesAmong(aliases, id).filter((name) => isStray(epochOf(name)));
}

/** `<alias>.next` of a migration that has switched or ended would stand in the way of the next one. */
function isNextStray(migration: Migration, aliases: Aliases): boolean {
  return (hasSwitched(migration) || hasEnded(migration)) && standingNext(migration.spec.target, aliases) !== null;
}
