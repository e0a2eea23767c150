import { ReembedError } from '../error.ts';
import type { Migration } from '../migration.ts';
import { transitions } from '../transitions.ts';
import type { CoordinatorDeps, Stage } from './stage.ts';

/** Drops the old collection, provided nothing uses it. */
export const complete: Stage = async (deps, migration) => {
  const { source } = migration.resolved;
  if ((await deps.collections.describe(source)) !== null) {
    await checkUnused(deps, migration);
    await deps.collections.drop(source);
  }
  await deps.setAside.clear(migration.id);
  return { kind: 'next', to: 'completed' };
};

/** Throws `wrong-state` where an alias points at the old collection or another migration reads or writes it. */
export async function checkUnused(deps: CoordinatorDeps, { id, resolved: { source } }: Migration): Promise<void> {
  const aliases = [...(await deps.collections.aliases())].filter(([, collection]) => collection === source).map(([alias]) => alias);
  if (aliases.length > 0) {
    throw new ReembedError(
      'wrong-state',
      `"${source}" is still read through the alias(es) ${aliases.join(', ')}: deleting it would delete them; move them first`,
    );
  }
  const others = (await deps.migrations.list()).filter((other) => other.id !== id && transitions[other.phase].kind !== 'end');
  const user = others.find(({ resolved, spec }) => resolved.source === source || spec.target.collection === source);
  if (user) throw new ReembedError('wrong-state', `"${source}" is used by migration ${user.id} (${user.phase}): end that one first`);
}
