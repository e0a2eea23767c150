import { type EarlierTarget, type Resolved, readClaim, readMigration, type VectorSpec, type Witness } from '@reembed/contracts';
import { isReembedError } from '../domain/error.ts';
import { earlierAlias, type Migration, readerByAlias } from '../domain/migration.ts';
import { hasEnded } from '../domain/transitions.ts';
import { isAbandoned, usersOf } from '../plan/find-earlier.ts';
import { type CoordinatorDeps, note } from '../ports/coordinator-deps.ts';
import { compareWitness, lengthsCount } from '../recipes/witness.ts';

type Witnesses = Readonly<Record<string, Witness>>;

/**
 * Holds on to the earlier target by an alias, which names that very collection and keeps `discard` from deleting it; what the plan found there is
 * looked at once more. Null, and said, where nothing of it may be taken any more: then every text is embedded.
 */
export async function holdEarlier(deps: CoordinatorDeps, migration: Migration, witness: Witnesses): Promise<EarlierTarget | null> {
  const { id, resolved } = migration;
  const { earlier } = resolved;
  if (!earlier) return null;
  const found = await stillTaken(deps, { earlier, resolved }, witness);
  const held = found === null ? null : { ...found, alias: earlierAlias(id, deps.newId()) };
  if (held !== null && (await pointed(deps, held))) return held;
  await releaseEarlier(deps, migration);
  await note(deps, id, `nothing is taken from "${earlier.collection}", which is not what it was in the plan: every text is embedded`);
  return null;
}

/** What may be taken by now: vectors of the models of today, from a collection that is still the earlier migration's and that nobody uses. */
export async function stillTaken(
  { collections }: Pick<CoordinatorDeps, 'collections'>,
  { earlier, resolved }: { readonly earlier: EarlierTarget; readonly resolved: Resolved },
  witness: Witnesses,
): Promise<EarlierTarget | null> {
  const info = await collections.describe(earlier.collection);
  const record = readMigration(info?.metadata);
  if (info === null || record?.id !== earlier.migration || !isAbandoned(info)) return null;
  if (usersOf(info.name, record, await collections.aliases()).length > 0) return null;
  const same = Object.entries(earlier.vectors).filter(([name, from]) => {
    const [before, now] = [record.witness[from], witness[name]];
    if (before === undefined || now === undefined) return false;
    const lengths = lengthsCount(record.resolved, from) && lengthsCount(resolved, name);
    return isSameModel(before, now, lengths) && isShortenedAlike(record.spec.vectors[from], before, now);
  });
  return same.length === 0 ? null : { ...earlier, vectors: Object.fromEntries(same) };
}

/** Past another number of tokens a long text reads otherwise, though spec and model are the same. */
export function isShortenedAlike(vector: VectorSpec | undefined, before: Witness, now: Witness): boolean {
  if (vector?.embed?.onLongText === 'quarantine') return true;
  return before.maxInputTokens !== undefined && before.maxInputTokens === now.maxInputTokens;
}

function isSameModel(before: Witness, now: Witness, lengths: boolean): boolean {
  try {
    compareWitness(before, now, { lengths });
    return true;
  } catch (error) {
    if (isReembedError(error, 'model-changed')) return false;
    throw error;
  }
}

type Held = EarlierTarget & { readonly alias: string };

/** Whether the alias stands at the collection of the earlier migration: one that took its name before is found by what it says. */
async function pointed({ collections }: CoordinatorDeps, { alias, collection, migration }: Held): Promise<boolean> {
  try {
    await collections.pointAlias(alias, collection);
  } catch (error) {
    if (isReembedError(error, 'qdrant-not-found')) return false;
    throw error;
  }
  return readClaim((await collections.describe(collection))?.metadata)?.id === migration;
}

/** Lets go where others have come to use the earlier target: what a payload shows there of a text is true no more. */
export async function watchEarlier(deps: CoordinatorDeps, migration: Migration): Promise<void> {
  const { id, spec, resolved } = migration;
  const { earlier } = resolved;
  if (!earlier?.alias) return;
  const aliases = await deps.collections.aliases();
  const users = usersOf(earlier.collection, { spec }, aliases);
  if (users.length === 0 || !aliases.has(earlier.alias)) return;
  await releaseEarlier(deps, migration);
  await note(
    deps,
    id,
    `nothing more is taken from "${earlier.collection}", which is in use through ${users.join(', ')}: the rest is embedded`,
  );
}

/** Nothing is taken any more, and the earlier target may be discarded. Whatever this migration reads by goes, also of a try that came to nothing. */
export async function releaseEarlier({ collections }: Pick<CoordinatorDeps, 'collections'>, { id }: Pick<Migration, 'id'>): Promise<void> {
  for (const alias of readersAmong(await collections.aliases(), id)) await collections.dropAlias(alias);
}

/** Aliases that a migration made to read by, and does not read by: of a coordinator that slept while another one prepared it. */
export function strayReaders(migration: Migration, aliases: ReadonlyMap<string, string>): string[] {
  const { id, phase, resolved } = migration;
  if (phase === 'preparing') return [];
  return readersAmong(aliases, id).filter((alias) => hasEnded(migration) || alias !== resolved.earlier?.alias);
}

function readersAmong(aliases: ReadonlyMap<string, string>, id: string): string[] {
  return [...aliases.keys()].filter((alias) => readerByAlias(alias) === id);
}
