import { metadataKeys, type Owner, readOwner } from '@reembed/contracts';
import { isReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import { hasEnded } from '../domain/transitions.ts';
import { type CoordinatorDeps, isoNow } from '../ports/coordinator-deps.ts';
import { checkOwned, ownerMetadata } from './announce.ts';
import { giveWay } from './run-stage.ts';

/** How often a coordinator looks whether its migrations are its own still, and says that it lives, in ms. */
export const aliveEveryMs = 20_000;

/** What another coordinator of the fleet has written this recently, in ms, need not be written again. */
const freshMs = 15_000;

/**
 * Says in the target of every migration that this fleet answers for that the fleet lives, and notices one that another fleet has taken, also
 * where the migration rests. A Qdrant that is away is no error: stages say so.
 */
export async function showAlive(deps: CoordinatorDeps): Promise<void> {
  await forEachOwned(deps, async (migration, owner) => {
    const sinceMs = deps.clock.now().getTime() - Date.parse(owner.aliveAt);
    if (owner.releasedAt === null && owner.name !== null && sinceMs >= 0 && sinceMs < freshMs) return;
    await writeOwner(deps, migration, null);
  });
}

/** Gives up every migration that this fleet answers for, in words: whoever takes one up next asks nobody. For a fleet that ends. */
export async function releaseAll(deps: CoordinatorDeps): Promise<void> {
  await forEachOwned(deps, (migration) => writeOwner(deps, migration, isoNow(deps)));
}

async function forEachOwned(deps: CoordinatorDeps, act: (migration: Migration, owner: Owner) => Promise<void>): Promise<void> {
  for (const migration of await deps.migrations.list()) {
    if (!migration.claimed || hasEnded(migration) || migration.error?.code === 'superseded') continue;
    try {
      const info = await deps.collections.describe(migration.spec.target.collection);
      checkOwned(migration, info);
      const owner = readOwner(info?.metadata);
      if (owner !== null) await act(migration, owner);
    } catch (error) {
      if (!isReembedError(error)) throw error;
      if (error.code === 'superseded') await giveWay(deps, migration, error);
    }
  }
}

async function writeOwner(deps: CoordinatorDeps, { owner, spec }: Migration, releasedAt: string | null): Promise<void> {
  await deps.collections.patch(spec.target.collection, {
    metadata: { [metadataKeys.owner]: { ...ownerMetadata(deps, owner), releasedAt } },
  });
}
