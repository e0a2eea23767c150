import { nextAlias } from '../domain/migration.ts';
import { closeFence } from './fence.ts';
import type { Stage } from './stage.ts';

/** Ends the writing and rests. */
export const pause: Stage = async (deps, migration) => {
  await closeFence(deps, migration);
  return { kind: 'next', to: 'paused' };
};

/**
 * Ends the writing and lets go of everything but the target, which stays as it is for a person to look at and delete. Of a collection that
 * was given vectors in place, those go that the word names.
 */
export const cancel: Stage = async (deps, migration) => {
  const { alias, collection } = migration.spec.target;
  await closeFence(deps, migration);
  for (const vector of migration.dropVectors) await deps.collections.dropVector(collection, vector);
  if (alias !== null && (await deps.collections.aliases()).get(nextAlias(alias)) === collection)
    await deps.collections.dropAlias(nextAlias(alias));
  return { kind: 'next', to: 'cancelled' };
};
