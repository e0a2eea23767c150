import { type Phase, readClaim, readMigration, readPhase } from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import { isReembedError, ReembedError } from '../domain/error.ts';
import { type Migration, nextAlias } from '../domain/migration.ts';
import { isInPlace } from '../domain/recipes-of.ts';
import { hasEnded, hasSwitched } from '../domain/transitions.ts';
import { reembed } from '../domain/words.ts';
import { describeAll } from '../ports/collections.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { loadUndamaged } from '../ports/migration-document.ts';
import { move } from '../stages/change-phase.ts';
import { checkNoAlias, checkUnused } from '../stages/drop-source.ts';
import { releaseEarlier } from '../stages/earlier-target.ts';
import { actFreshly } from '../stages/fresh-act.ts';
import { dropNext } from '../stages/next-alias.ts';
import { checkGivenUp, isBehind } from './adopt.ts';
import { forgetInRedis } from './forget-in-redis.ts';
import { findMigration } from './read-kept.ts';

/** What was removed: the target, where it was deleted, and whether anything of the migration was known. */
export type Discarded = { readonly id: string; readonly deleted: string | null; readonly forgotten: boolean };

type Known = Pick<Migration, 'id' | 'spec' | 'phase' | 'resumeTo'>;

/**
 * Removes what remains of a migration that came to nothing: its target, where that is still its own and nobody uses it, and all that is kept of
 * it. Of a completed one, and of one in place, only what is kept: the collection is in use. Again is no harm, also where an earlier try got only
 * half way. `confirm`: the name of the target. Throws `wrong-state` while it lives, or where the target is used; `other-fleet`;
 * `confirmation-needed`.
 */
export async function discard(deps: CoordinatorDeps, id: string, confirm?: string): Promise<Discarded> {
  const migration = await loadUndamaged(deps, id);
  const target = migration === null ? await targetOf(deps, id) : await deps.collections.describe(migration.spec.target.collection);
  if (migration?.error?.code === 'superseded' && !isOwn(target, id)) return forgetHere(deps, id);
  const known = await whatIsTold(deps, id, migration, target);
  const deleted = known === null ? null : await targetToDelete(deps, known, { target, confirm });
  // From here on nobody resumes it.
  if (migration?.phase === 'failed' && (await move(deps, migration, 'cancelled')) === null) return discard(deps, id, confirm);
  if (known !== null) await dropNext(deps, known);
  await releaseEarlier(deps, { id });
  if (deleted !== null) await dropOwn(deps, id, deleted);
  await forget(deps, id);
  return { id, deleted, forgotten: known !== null };
}

/** The same by a word: the migration's id, its name or its target. Throws `invalid-request` as well, where several are meant. */
export async function discardMeant(deps: CoordinatorDeps, word: string, confirm?: string): Promise<Discarded> {
  return discard(deps, await idMeant(deps, word), confirm);
}

/** The word itself where nobody knows of it: what was discarded before its reply was lost is known no more, and some targets alone tell of theirs. */
async function idMeant(deps: CoordinatorDeps, word: string): Promise<string> {
  if ((await deps.migrations.unreadable()).some(({ id }) => id === word)) return word;
  try {
    return (await findMigration(deps, word)).id;
  } catch (error) {
    if (isReembedError(error, 'not-found')) return word;
    throw error;
  }
}

function isOwn(target: CollectionInfo | null, id: string): boolean {
  return readClaim(target?.metadata)?.id === id;
}

/** Everything that is kept of a migration beside its target. */
export async function forget(deps: CoordinatorDeps, id: string): Promise<void> {
  await deps.setAside.clear(id);
  await deps.lateWrites.clear(id);
  await deps.records.forget(id);
  await forgetInRedis(deps, id);
}

/** What another fleet took over, and whose target is gone or another migration's by now: nothing is to come of it here. What that fleet keeps of it stays. */
async function forgetHere(deps: CoordinatorDeps, id: string): Promise<Discarded> {
  await forgetInRedis(deps, id);
  return { id, deleted: null, forgotten: true };
}

/**
 * The migration as this fleet knows it; as its target tells of it, where this fleet knows nothing, or less. Throws `other-fleet` where one that
 * lives belongs to a fleet which has not given it up.
 */
async function whatIsTold(
  deps: CoordinatorDeps,
  id: string,
  migration: Migration | null,
  target: CollectionInfo | null,
): Promise<Known | null> {
  const [last, spec] = [readPhase(target?.metadata), migration?.spec ?? readMigration(target?.metadata)?.spec];
  if (target === null || last === null || spec === undefined || !isOwn(target, id)) return migration;
  if (migration !== null && !isBehind(migration, target)) return migration;
  if (!hasEnded(last)) await checkGivenUp(deps, id, target);
  return { id, spec, phase: last.phase, resumeTo: last.resumeTo };
}

/** The collection that tells of a migration which this fleet does not know; null where none does. */
async function targetOf({ collections }: CoordinatorDeps, id: string): Promise<CollectionInfo | null> {
  for await (const info of describeAll(collections)) if (readMigration(info.metadata)?.id === id) return info;
  return null;
}

const keepsTarget: readonly Phase[] = ['completed'];

type ToDelete = { readonly target: CollectionInfo | null; readonly confirm: string | undefined };

/** The name of the target that goes with the migration; null: none does. */
async function targetToDelete(deps: CoordinatorDeps, known: Known, { target, confirm }: ToDelete): Promise<string | null> {
  const { id, phase, spec } = known;
  const { collection } = spec.target;
  checkOver(known);
  if (keepsTarget.includes(phase) || isInPlace(spec)) return null;
  // Another migration may have made a collection of that name since, or taken this one up again.
  if (!isOwn(target, id)) return null;
  if (confirm !== collection)
    throw new ReembedError(
      'confirmation-needed',
      `discarding migration ${id} deletes the collection "${collection}" for good: ${reembed('discard', id, '--confirm', collection)}`,
    );
  await checkUnused(deps, { id, collection }, spec.target.alias === null ? [] : [nextAlias(spec.target.alias)]);
  return collection;
}

function checkOver({ id, phase, resumeTo }: Known): void {
  if (hasEnded({ phase }) || (phase === 'failed' && !hasSwitched({ phase, resumeTo }))) return;
  throw new ReembedError('wrong-state', `migration ${id} is ${phase}: only what has ended, or failed before the switch, is discarded`);
}

/** Looked at once more: by now the name may be another migration's, the collection in use, or another fleet at work on it. */
async function dropOwn(deps: CoordinatorDeps, id: string, collection: string): Promise<void> {
  const look = async () => {
    const target = await deps.collections.describe(collection);
    if (!isOwn(target, id)) return null;
    const known = await whatIsTold(deps, id, await loadUndamaged(deps, id), target);
    if (known !== null) checkOver(known);
    await checkNoAlias(deps, { id, collection });
    return collection;
  };
  await actFreshly(deps, look, (name) => deps.collections.drop(name));
}
