import { type Phase, readClaim, readMigration, readPhase } from '@reembed/contracts';
import { ReembedError } from '../domain/error.ts';
import { type Migration, nextAlias } from '../domain/migration.ts';
import { isInPlace } from '../domain/recipes-of.ts';
import { hasEnded, hasSwitched } from '../domain/transitions.ts';
import { reembed } from '../domain/words.ts';
import { describeAll } from '../ports/collections.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { move } from '../stages/change-phase.ts';
import { releaseEarlier } from '../stages/earlier-target.ts';
import { checkUnused } from '../stages/ending.ts';

/** What was removed: the target, where it was deleted, and whether anything of the migration was known. */
export type Discarded = { readonly id: string; readonly deleted: string | null; readonly forgotten: boolean };

type Known = Pick<Migration, 'id' | 'spec' | 'phase' | 'resumeTo'>;

/**
 * Removes what remains of a migration that came to nothing: its target, where that is still its own and nobody uses it, and all that is kept of
 * it. Of a completed one, and of one in place, only what is kept: the collection is in use. Again is no harm, also where an earlier try got only
 * half way. `confirm`: the name of the target. Throws `wrong-state` while it lives, or where the target is used; `confirmation-needed`.
 */
export async function discard(deps: CoordinatorDeps, id: string, confirm?: string): Promise<Discarded> {
  const migration = await deps.migrations.load(id);
  const known = migration ?? (await toldByTarget(deps, id));
  const deleted = known === null ? null : await targetToDelete(deps, known, confirm);
  // From here on nobody resumes it.
  if (migration?.phase === 'failed' && (await move(deps, migration, 'cancelled')) === null) return discard(deps, id, confirm);
  if (known !== null) await dropNext(deps, known);
  await releaseEarlier(deps, { id });
  if (deleted !== null) await deps.collections.drop(deleted);
  await forget(deps, id);
  return { id, deleted, forgotten: known !== null };
}

/** Everything that is kept of a migration beside its target. */
export async function forget(
  { setAside, lateWrites, records, rangeQueue, ranges, migrations }: CoordinatorDeps,
  id: string,
): Promise<void> {
  await setAside.clear(id);
  await lateWrites.clear(id);
  await records.forget(id);
  await rangeQueue.remove(id);
  await ranges.shed(id);
  await ranges.forgetPasses(id, Number.POSITIVE_INFINITY, []);
  // Last, so that what was begun is found again.
  await migrations.remove(id);
}

/** What the target's metadata tells of a migration that this fleet does not know; null where no collection tells of it. */
async function toldByTarget({ collections }: CoordinatorDeps, id: string): Promise<Known | null> {
  for await (const { metadata } of describeAll(collections)) {
    const [stored, last] = [readMigration(metadata), readPhase(metadata)];
    if (stored?.id === id && last !== null) return { id, spec: stored.spec, phase: last.phase, resumeTo: last.resumeTo };
  }
  return null;
}

const keepsTarget: readonly Phase[] = ['completed'];

/** The name of the target that goes with the migration; null: none does. */
async function targetToDelete(deps: CoordinatorDeps, known: Known, confirm: string | undefined): Promise<string | null> {
  const { id, phase, spec } = known;
  const { collection } = spec.target;
  const isOver = hasEnded(known) || (phase === 'failed' && !hasSwitched(known));
  if (!isOver)
    throw new ReembedError('wrong-state', `migration ${id} is ${phase}: only what has ended, or failed before the switch, is discarded`);
  if (keepsTarget.includes(phase) || isInPlace(spec)) return null;
  // Another migration may have made a collection of that name since, or taken this one up again.
  if (readClaim((await deps.collections.describe(collection))?.metadata)?.id !== id) return null;
  if (confirm !== collection)
    throw new ReembedError(
      'confirmation-needed',
      `discarding migration ${id} deletes the collection "${collection}" for good: ${reembed('discard', id, '--confirm', collection)}`,
    );
  await checkUnused(deps, { id, collection }, spec.target.alias === null ? [] : [nextAlias(spec.target.alias)]);
  return collection;
}

async function dropNext({ collections }: CoordinatorDeps, { spec: { target } }: Known): Promise<void> {
  if (target.alias === null) return;
  const name = nextAlias(target.alias);
  if ((await collections.aliases()).get(name) === target.collection) await collections.dropAlias(name);
}
