import { ReembedError } from '../domain/error.ts';
import { type Migration, nextAlias } from '../domain/migration.ts';
import { fillsAfterSwitch, isInPlace } from '../domain/recipes-of.ts';
import { hasEnded } from '../domain/transitions.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { closeFence } from './fence.ts';
import { fillPass } from './passes.ts';
import type { Stage } from './stage.ts';

/** Ends what still fills in vectors, drops the old collection, provided nothing uses it, and the vectors that the word names. */
export const complete: Stage = async (deps, migration) => {
  const { spec, dropVectors } = migration;
  if (isInPlace(spec) || fillsAfterSwitch(spec)) {
    // A page may have been written and not read again: nobody would come back to it.
    const filled = migration.pass === null ? null : await fillPass(deps, migration);
    if (filled?.kind === 'again') return filled;
    await closeFence(deps, migration);
  }
  if (!isInPlace(spec)) await dropSource(deps, migration);
  for (const vector of dropVectors) await deps.collections.dropVector(spec.target.collection, vector);
  return { kind: 'next', to: 'completed' };
};

async function dropSource(deps: CoordinatorDeps, migration: Migration): Promise<void> {
  const { source } = migration.resolved;
  if ((await deps.collections.describe(source)) === null) return;
  await checkUnused(deps, migration);
  await deps.collections.drop(source);
}

/** Throws `wrong-state` where an alias points at the old collection or another migration reads or writes it. */
export async function checkUnused(deps: CoordinatorDeps, { id, resolved: { source } }: Migration): Promise<void> {
  const aliases = [...(await deps.collections.aliases())].filter(([, collection]) => collection === source).map(([alias]) => alias);
  if (aliases.length > 0) {
    throw new ReembedError(
      'wrong-state',
      `"${source}" is still read through the alias(es) ${aliases.join(', ')}: deleting it would delete them; move them first`,
    );
  }
  const others = (await deps.migrations.list()).filter((other) => other.id !== id && !hasEnded(other));
  const user = others.find(({ resolved, spec }) => resolved.source === source || spec.target.collection === source);
  if (user) throw new ReembedError('wrong-state', `"${source}" is used by migration ${user.id} (${user.phase}): end that one first`);
}

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
