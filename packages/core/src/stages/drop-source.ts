import { type DropMark, metadataKeys, readClaim, readDropMark, readPhase, readReverseMark } from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import { isReembedError, ReembedError } from '../domain/error.ts';
import { fencePrefix, type Migration, readerByAlias } from '../domain/migration.ts';
import { syncsBack } from '../domain/reverse-sync.ts';
import { hasEnded } from '../domain/transitions.ts';
import { reembed } from '../domain/words.ts';
import { activeMigrationOf } from '../plan/read-scene.ts';
import { describeAll } from '../ports/collections.ts';
import { type CoordinatorDeps, isoNow } from '../ports/coordinator-deps.ts';
import { isCurrent } from '../ports/migration-document.ts';
import { checkOwned, isSuperseded } from './announce.ts';
import { actFreshly } from './fresh-act.ts';
import { type ToDelete, type User, usersOf } from './users-of.ts';
import { checkNotAstray } from './whereabouts.ts';

/** What became of the old collection: why it stays, in words; `again`: another word to complete came in between, so whose it is to delete is looked at anew. */
export type Dropped = 'gone' | 'again' | { readonly stays: string };

/**
 * Deletes the collection that the word to complete was about: the one that was marked then. A drop whose reply was lost is not done again to
 * a new collection of that name.
 */
export async function dropSource(deps: CoordinatorDeps, migration: Migration): Promise<Dropped> {
  const { id, resolved } = migration;
  const { source } = resolved;
  const info = await deps.collections.describe(source);
  if (info === null) return 'gone';
  const mark = readDropMark(info.metadata);
  if (mark?.by !== id) {
    const stays = await whyNotOurs(deps, migration, info);
    if (stays !== null) return { stays };
  }
  try {
    const keeper = await keeperOf(deps, { id, collection: source });
    if (keeper !== null) return { stays: keptBy(source, keeper) };
    return await dropMarked(deps, migration);
  } catch (error) {
    // What passes by itself is looked at again, and the mark has to be there then. Where another fleet has the migration it may be the mark of that one's word.
    const isRefused = isReembedError(error) && error.retry !== 'later';
    if (isRefused && !(await isTakenOver(deps, migration))) await changeMark(deps, source, { from: id, to: null });
    throw error;
  }
}

async function isTakenOver({ collections }: CoordinatorDeps, migration: Migration): Promise<boolean> {
  const info = await collections.describe(migration.spec.target.collection);
  const phase = readClaim(info?.metadata)?.id === migration.id ? readPhase(info?.metadata) : null;
  return phase !== null && isSuperseded(migration, phase);
}

async function dropMarked(deps: CoordinatorDeps, migration: Migration): Promise<Dropped> {
  const { id, resolved } = migration;
  const { source } = resolved;
  let isMarked = true;
  const look = async () => {
    await checkNoAlias(deps, { id, collection: source });
    // The old collection is the last copy where the target is not there any more, and what readers may be led back to where the alias is gone.
    await checkNotAstray(deps, migration, 'complete');
    isMarked = readDropMark((await deps.collections.describe(source))?.metadata)?.by === id;
    return (await isStillOurs(deps, migration)) && isMarked ? source : null;
  };
  await actFreshly(deps, look, (name) => deps.collections.drop(name));
  return isMarked ? 'gone' : 'again';
}

/**
 * Why a collection with another mark, or none, stays; null where the mark is this migration's from here on. Of two words about one collection
 * the later one's mark stands, and whoever said that word deletes, unless it left the collection to this migration, whose word it could not see yet.
 * Each announces that it completes before it looks, so one of the two sees that the other keeps the collection no more. One that is refused then takes
 * its mark away, and keeps the collection again.
 */
async function whyNotOurs(deps: CoordinatorDeps, migration: Migration, info: CollectionInfo): Promise<string | null> {
  const { id, resolved } = migration;
  const { source } = resolved;
  const by = readDropMark(info.metadata)?.by;
  const users = await usersOf(deps, { id, collection: source });
  const keeper = users.find((user) => (by === undefined ? user.isKeeper : user.id === by) && user.phase !== 'completing');
  if (keeper !== undefined) return keptBy(source, keeper);
  if (by === undefined || isOtherByName(migration, info))
    return `"${source}" is another collection than the one that migration ${id} was to delete: it is left alone`;
  await changeMark(deps, source, { from: by, to: ownMark(deps, id) });
  return null;
}

function keptBy(source: string, { id, phase }: User): string {
  return `"${source}" stays: migration ${id} (${phase}) keeps it, and deletes it when that one is completed (${reembed('complete', id, '--confirm', source)})`;
}

/** Of a collection that carries that migration's mark still: another of its name has none. */
async function changeMark(
  deps: CoordinatorDeps,
  collection: string,
  { from, to }: { readonly from: string; readonly to: DropMark | null },
) {
  const look = async () => (readDropMark((await deps.collections.describe(collection))?.metadata)?.by === from ? { mark: to } : null);
  await actFreshly(deps, look, ({ mark }) => deps.collections.patch(collection, { metadata: { [metadataKeys.drop]: mark } }));
}

function ownMark(deps: CoordinatorDeps, id: string): DropMark {
  return { by: id, at: isoNow(deps) };
}

/** Where the old collection was kept fresh, it carries that mark, too. */
function isOtherByName({ id, spec }: Migration, { metadata }: Pick<CollectionInfo, 'metadata'>): boolean {
  return syncsBack(spec) && readReverseMark(metadata)?.by !== id;
}

/**
 * Marks the old collection as the one to delete, and reads that back. A source that is gone needs no mark, and one that is known to be another
 * collection of its name gets none: it is left alone then.
 */
export async function markForDrop(deps: CoordinatorDeps, migration: Migration): Promise<void> {
  const { id, resolved } = migration;
  const { source } = resolved;
  const info = await deps.collections.describe(source);
  if (info === null || isOtherByName(migration, info)) return;
  await deps.collections.patch(source, { metadata: { [metadataKeys.drop]: ownMark(deps, id) } });
  const stored = readDropMark((await deps.collections.describe(source))?.metadata);
  if (stored?.by !== id)
    throw new ReembedError(
      'wrong-state',
      `"${source}" does not keep the mark that it is to be deleted: somebody else changes its metadata; nothing was deleted`,
    );
}

/**
 * Throws `wrong-state` where an alias points at the collection, but a name of the migration's own, or another migration reads, writes or keeps it: by
 * what this fleet knows, and by the metadata of every collection, since another fleet may be at work.
 */
export async function checkUnused(deps: CoordinatorDeps, what: ToDelete, own: readonly string[] = []): Promise<void> {
  await checkNoAlias(deps, what, own);
  const [user] = await usersOf(deps, what);
  if (user) throw inUse(what, user);
  await checkAllKnown(deps, what.id);
}

/**
 * The same, but another migration that has switched away from the collection, and keeps it, is no reason to stay: it is answered, and the last one
 * that is completed deletes it. Null: none keeps it.
 */
export async function keeperOf(deps: CoordinatorDeps, what: ToDelete): Promise<User | null> {
  await checkNoAlias(deps, what);
  const users = await usersOf(deps, what);
  const user = users.find(({ isKeeper }) => !isKeeper);
  if (user) throw inUse(what, user);
  // One that is completing looks for its own mark, which is not there any more.
  const keeper = users.find(({ phase }) => phase !== 'completing') ?? null;
  if (keeper === null) await checkAllKnown(deps, what.id);
  return keeper;
}

function inUse({ collection }: ToDelete, { id, phase, mending }: User): ReembedError {
  return new ReembedError('wrong-state', `"${collection}" is used by migration ${id} (${phase}): ${mending ?? 'end that one first'}`);
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

/**
 * Throws `wrong-state` where another migration is about to delete the collection that this one has begun to read. Whoever deletes marks first and
 * looks who reads then; whoever reads claims its target first and looks for a mark then: so one of the two sees the other, however long either
 * sleeps in between.
 */
export async function checkNotDoomed({ collections }: CoordinatorDeps, { id, resolved: { source } }: Migration): Promise<void> {
  const by = readDropMark((await collections.describe(source))?.metadata)?.by ?? id;
  if (by === id) return;
  for await (const info of describeAll(collections)) {
    const found = activeMigrationOf(info);
    // Until it is completing it has not looked who reads, and will see this one.
    if (found?.id !== by || found.phase !== 'completing') continue;
    throw new ReembedError(
      'wrong-state',
      `"${source}" is about to be deleted by migration ${by} (${found.phase}), whose source it was: take as source what that one has made, "${info.name}"`,
    );
  }
}

/** Whether the word is still to be carried out, and by this fleet. Throws `superseded`. */
export async function isStillOurs(deps: CoordinatorDeps, migration: Migration): Promise<boolean> {
  const info = await deps.collections.describe(migration.spec.target.collection);
  checkOwned(migration, info);
  return readClaim(info?.metadata)?.id === migration.id && (await isCurrent(deps, migration));
}
