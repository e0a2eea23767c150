import { type DropMark, metadataKeys, readClaim, readDropMark } from '@reembed/contracts';
import { isReembedError, ReembedError } from '../domain/error.ts';
import { fencePrefix, type Migration, readerByAlias } from '../domain/migration.ts';
import { fillsAfterSwitch, isInPlace } from '../domain/recipes-of.ts';
import { hasEnded } from '../domain/transitions.ts';
import { reembed } from '../domain/words.ts';
import { activeMigrationOf } from '../plan/read-scene.ts';
import { describeAll } from '../ports/collections.ts';
import { type CoordinatorDeps, isoNow, note } from '../ports/coordinator-deps.ts';
import { isCurrent } from '../ports/migration-document.ts';
import { checkOwned } from './announce.ts';
import { releaseEarlier } from './earlier-target.ts';
import { closeFence } from './fence.ts';
import { actFreshly } from './fresh-act.ts';
import { dropNext } from './next-alias.ts';
import { fillPass } from './passes.ts';
import type { Stage } from './stage.ts';
import { checkNotAstray } from './whereabouts.ts';

/** Ends what still fills in vectors, drops the old collection, provided nothing uses it, and the vectors that the word names. */
export const complete: Stage = async (deps, migration) => {
  const { spec } = migration;
  if (isInPlace(spec) || fillsAfterSwitch(spec)) {
    // A page may have been written and not read again: nobody would come back to it.
    const filled = migration.fill ? await fillPass(deps, migration) : null;
    if (filled?.kind === 'again') return filled;
    await closeFence(deps, migration);
  }
  if (!isInPlace(spec)) await dropSource(deps, migration);
  await dropVectors(deps, migration);
  return { kind: 'next', to: 'completed' };
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

/** Whether the word is still to be carried out, and by this fleet. Throws `superseded`. */
async function isStillOurs(deps: CoordinatorDeps, migration: Migration): Promise<boolean> {
  const info = await deps.collections.describe(migration.spec.target.collection);
  checkOwned(migration, info);
  return readClaim(info?.metadata)?.id === migration.id && (await isCurrent(deps, migration));
}

/**
 * Deletes the collection that the word to complete was about: the one that was marked then. A drop whose reply was lost is not done again to
 * a new collection of that name.
 */
async function dropSource(deps: CoordinatorDeps, migration: Migration): Promise<void> {
  const { id, resolved } = migration;
  const { source } = resolved;
  const info = await deps.collections.describe(source);
  if (info === null) return;
  if (readDropMark(info.metadata)?.by !== id) {
    await note(deps, id, `"${source}" is another collection than the one that migration ${id} was to delete: it is left alone`);
    return;
  }
  try {
    await checkUnused(deps, { id, collection: source });
    // The old collection is the last copy where the target is not there any more.
    await checkNotAstray(deps, migration, 'complete');
  } catch (error) {
    // What passes by itself is looked at again, and the mark has to be there then.
    if (isReembedError(error) && error.retry !== 'later') await deps.collections.patch(source, { metadata: { [metadataKeys.drop]: null } });
    throw error;
  }
  const look = async () => {
    const isMarked = readDropMark((await deps.collections.describe(source))?.metadata)?.by === id;
    await checkNoAlias(deps, { id, collection: source });
    return (await isStillOurs(deps, migration)) && isMarked ? source : null;
  };
  await actFreshly(deps, look, (name) => deps.collections.drop(name));
}

/** Marks the old collection as the one to delete, and reads that back. A source that is gone needs no mark. */
export async function markForDrop(deps: CoordinatorDeps, { id, resolved: { source } }: Migration): Promise<void> {
  if ((await deps.collections.describe(source)) === null) return;
  const mark: DropMark = { by: id, at: isoNow(deps) };
  await deps.collections.patch(source, { metadata: { [metadataKeys.drop]: mark } });
  const stored = readDropMark((await deps.collections.describe(source))?.metadata);
  if (stored?.by !== id)
    throw new ReembedError(
      'wrong-state',
      `"${source}" does not keep the mark that it is to be deleted: somebody else changes its metadata; nothing was deleted`,
    );
}

/** A collection that migration `id` is about to delete. */
type ToDelete = { readonly id: string; readonly collection: string };

/**
 * Throws `wrong-state` where an alias points at the collection, but a name of the migration's own, or another migration reads or writes it: by
 * what this fleet knows, and by the metadata of every collection, since another fleet may be at work.
 */
export async function checkUnused(deps: CoordinatorDeps, { id, collection: source }: ToDelete, own: readonly string[] = []): Promise<void> {
  await checkNoAlias(deps, { id, collection: source }, own);
  const user = (await userInFleet(deps, id, source)) ?? (await userByMetadata(deps, id, source));
  if (!user) await checkAllKnown(deps, id);
  if (user) throw new ReembedError('wrong-state', `"${source}" is used by migration ${user.id} (${user.phase}): end that one first`);
}

/** The first half of checkUnused, which is one request. */
export async function checkNoAlias(
  deps: CoordinatorDeps,
  { id, collection: source }: ToDelete,
  own: readonly string[] = [],
): Promise<void> {
  const pointing = [...(await deps.collections.aliases())].filter(([, collection]) => collection === source).map(([alias]) => alias);
  const aliases = pointing.filter((alias) => !own.includes(alias) && !alias.startsWith(fencePrefix(id)));
  const reader = aliases.map(readerByAlias).find((one) => one !== null);
  if (reader) throw await stillRead(deps, source, reader);
  if (aliases.length === 0) return;
  throw new ReembedError(
    'wrong-state',
    `"${source}" is still read through the alias(es) ${aliases.join(', ')}: deleting it would delete them; move them first`,
  );
}

/** An alias that a migration which is gone has left goes with what else is left of it. */
async function stillRead({ migrations }: CoordinatorDeps, collection: string, reader: string): Promise<ReembedError> {
  const migration = await migrations.load(reader);
  const end =
    migration === null ? `where it is gone, ${reembed('discard', reader)}` : reembed(hasEnded(migration) ? 'discard' : 'cancel', reader);
  const wayOut = `deleting would have it embed them: wait until it has copied, or ${end}`;
  return new ReembedError('wrong-state', `migration ${reader} takes vectors from "${collection}": ${wayOut}`);
}

async function userInFleet({ migrations }: CoordinatorDeps, id: string, source: string) {
  const others = (await migrations.list()).filter((other) => other.id !== id && !hasEnded(other));
  return others.find(({ resolved, spec }) => resolved.source === source || spec.target.collection === source);
}

/**
 * A migration whose document cannot be read may read any collection, unless its target says which. Throws as the document does that nobody else
 * tells of.
 */
async function checkAllKnown({ migrations, collections }: CoordinatorDeps, id: string): Promise<void> {
  for (const unread of await migrations.unreadable()) {
    const target = unread.target === null ? null : await collections.describe(unread.target);
    if (unread.id === id || readClaim(target?.metadata)?.id === unread.id) continue;
    throw new ReembedError(unread.code, `nothing is deleted while nobody knows which collections it reads: ${unread.message}`);
  }
}

async function userByMetadata({ collections }: CoordinatorDeps, id: string, source: string) {
  for await (const info of describeAll(collections)) {
    const found = activeMigrationOf(info);
    if (found !== null && found.id !== id && (info.name === source || found.source === source)) return found;
  }
  return null;
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
  await releaseEarlier(deps, migration);
  await dropVectors(deps, migration);
  await dropNext(deps, migration.spec.target);
  return { kind: 'next', to: 'cancelled' };
};
