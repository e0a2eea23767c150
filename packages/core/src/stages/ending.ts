import type { Migration } from '../domain/migration.ts';
import { fillsAfterSwitch, isInPlace } from '../domain/recipes-of.ts';
import { syncsBack } from '../domain/reverse-sync.ts';
import { type CoordinatorDeps, note } from '../ports/coordinator-deps.ts';
import { dropSource, isStillOurs } from './drop-source.ts';
import { releaseEarlier } from './earlier-target.ts';
import { endBatches } from './end-batches.ts';
import { closeFence } from './fence.ts';
import { actFreshly } from './fresh-act.ts';
import { dropNext } from './next-alias.ts';
import { fillPass } from './passes.ts';
import type { Stage } from './stage.ts';

/** Ends what still fills in vectors or keeps the old collection fresh, drops the old collection, provided nothing uses it, and the vectors that the word names. */
export const complete: Stage = async (deps, migration) => {
  const { spec } = migration;
  if (isInPlace(spec) || fillsAfterSwitch(spec) || syncsBack(spec)) {
    // A page may have been written and not read again: nobody would come back to it.
    const filled = migration.fill ? await fillPass(deps, migration) : null;
    if (filled?.kind === 'again') return filled;
    await closeFence(deps, migration);
  }
  const dropped = isInPlace(spec) ? 'gone' : await dropSource(deps, migration);
  if (dropped === 'again') return { kind: 'again', afterMs: 1_000 };
  if (dropped !== 'gone') await note(deps, migration.id, dropped.stays);
  await dropVectors(deps, migration);
  return { kind: 'next', to: 'completed', change: { sourceStays: dropped === 'gone' ? null : dropped.stays } };
};

/** The vectors that a person's word named, while the collection is this migration's: by now a vector of that name may be another one's. */
async function dropVectors(deps: CoordinatorDeps, migration: Migration): Promise<void> {
  const { collection } = migration.spec.target;
  for (const vector of migration.dropVectors)
    await actFreshly(
      deps,
      async () => ((await isStillOurs(deps, migration)) ? vector : null),
      (name) => deps.collections.dropVector(collection, name),
    );
}

/** Ends the writing and rests; what stopped it goes on being said. */
export const pause: Stage = async (deps, migration) => {
  await closeFence(deps, migration);
  return { kind: 'next', to: 'paused', change: { error: migration.error, stoppedAt: migration.stoppedAt ?? null } };
};

/**
 * Ends the writing and lets go of everything but the target, which stays as it is for a person to look at and delete. Of a collection that
 * was given vectors in place, those go that the word names.
 */
export const cancel: Stage = async (deps, migration) => {
  await closeFence(deps, migration);
  await endBatches(deps, migration);
  await releaseEarlier(deps, migration);
  await dropVectors(deps, migration);
  await dropNext(deps, migration);
  return { kind: 'next', to: 'cancelled' };
};
