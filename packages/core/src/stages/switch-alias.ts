import { ReembedError } from '../error.ts';
import { type Migration, nextAlias } from '../migration.ts';
import { closeFence, fences } from './fence.ts';
import { type CoordinatorDeps, isCurrent, note, type Stage } from './stage.ts';
import { afterComparison, comparePass } from './verify.ts';

/** Longest time between looking and acting, in ms: a coordinator that was stopped in between has to look again. */
const freshMs = 2_000;

/**
 * Fence closed, one last comparison over everything, then one lone create_alias action, read back. Run again after a crash it looks at
 * the alias first: one that points at the target already is a switch that happened.
 */
export const switchAlias: Stage = async (deps, migration) => {
  const { alias, collection } = migration.spec.target;
  if (alias !== null && (await deps.collections.aliases()).get(alias) === collection) return finish(deps, migration);
  await closeFence(deps, migration);
  const compared = await comparePass(deps, migration);
  if (compared.kind === 'again') return compared;
  const { verification } = compared;
  const onwards = afterComparison(migration, verification, { kind: 'next', to: 'observing', change: { verification } });
  if (onwards.kind !== 'next' || onwards.to !== 'observing') {
    await note(deps, migration.id, 'the source has changed since it was verified: nothing was switched; the difference is copied first');
    return onwards;
  }
  if (alias !== null && !(await moveAlias(deps, migration, alias))) return { kind: 'again', afterMs: 0 };
  return finish(deps, migration, { verification });
};

/** False where too much time passed between the last look and the act. */
async function moveAlias(deps: CoordinatorDeps, migration: Migration, alias: string): Promise<boolean> {
  const looked = deps.clock.monotonicMs();
  await checkPreconditions(deps, migration, alias);
  if (!(await isCurrent(deps, migration)) || deps.clock.monotonicMs() - looked > freshMs) return false;
  await deps.collections.pointAlias(alias, migration.spec.target.collection);
  return true;
}

async function checkPreconditions(deps: CoordinatorDeps, migration: Migration, alias: string): Promise<void> {
  const { aliasBefore } = migration.resolved;
  const setAside = await deps.setAside.count(migration.id);
  if (setAside > 0) throw new ReembedError('migration-failed', `${setAside} point(s) are set aside: nothing is switched while any is`);
  if ((await fences(deps, migration.id)).length > 0) throw new ReembedError('internal', 'a fence came to stand again during the switch');
  const pointsAt = (await deps.collections.aliases()).get(alias) ?? null;
  if (pointsAt === aliasBefore) return;
  throw new ReembedError(
    'migration-failed',
    `the alias "${alias}" pointed at ${quoted(aliasBefore)} when this migration was planned and points at ${quoted(pointsAt)} now: put it back, then resume`,
  );
}

function quoted(collection: string | null): string {
  return collection === null ? 'nothing' : `"${collection}"`;
}

async function finish(deps: CoordinatorDeps, migration: Migration, change: Partial<Migration> = {}) {
  const { alias, collection } = migration.spec.target;
  if (alias !== null) {
    const aliases = await deps.collections.aliases();
    if (aliases.get(alias) !== collection) {
      throw new ReembedError(
        'migration-failed',
        `the alias "${alias}" was pointed at "${collection}" and reads back as ${quoted(aliases.get(alias) ?? null)}`,
      );
    }
    if (aliases.get(nextAlias(alias)) === collection) await deps.collections.dropAlias(nextAlias(alias));
  }
  return { kind: 'next', to: 'observing', change } as const;
}
