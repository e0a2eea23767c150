import { type EarlierTarget, readClaim, type Witness } from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import { isReembedError } from '../domain/error.ts';
import { earlierAlias, type Migration, readerByAlias } from '../domain/migration.ts';
import { sourceFilter } from '../domain/source-points.ts';
import { hasEnded } from '../domain/transitions.ts';
import { findEarlier, usersOf } from '../plan/find-earlier.ts';
import { samplePoints } from '../plan/read-scene.ts';
import { type CoordinatorDeps, note } from '../ports/coordinator-deps.ts';
import { withTextsOnce } from '../recipes/point-texts.ts';

/** What is to be made, of which source, and by which models as they are now. */
type Made = Pick<Migration, 'spec' | 'resolved'> & {
  readonly source: CollectionInfo;
  readonly witness: Readonly<Record<string, Witness>>;
};

/**
 * Holds on to an earlier target by an alias, which names that very collection and keeps `discard` from deleting it: where the plan found one, the
 * best of today is taken. Null, and said, where nothing may be taken any more: then every text is embedded.
 */
export async function holdEarlier(
  deps: CoordinatorDeps,
  migration: Migration,
  now: Pick<Made, 'source' | 'witness'>,
): Promise<EarlierTarget | null> {
  const { id, spec, resolved } = migration;
  const { earlier: planned } = resolved;
  if (!planned) return null;
  const found = await stillTaken(deps, { spec, resolved, ...now });
  const held = found === null ? null : { ...found, alias: earlierAlias(id, deps.newId()) };
  if (held !== null && (await pointed(deps, held))) {
    if (held.collection !== planned.collection)
      await note(
        deps,
        id,
        `vectors are taken from "${held.collection}", not from "${planned.collection}", which is not what it was in the plan`,
      );
    return held;
  }
  await releaseEarlier(deps, migration);
  await note(deps, id, `nothing is taken from "${planned.collection}", which is not what it was in the plan: every text is embedded`);
  return null;
}

/** What may be taken by now: vectors of the models of today, from a collection that is still an ended migration's and that nobody uses. */
export async function stillTaken(
  { collections, points, textSources }: Pick<CoordinatorDeps, 'collections' | 'points' | 'textSources'>,
  { spec, resolved, source, witness }: Made,
): Promise<EarlierTarget | null> {
  const read = await points.sample(source.name, samplePoints, { filter: sourceFilter(spec) });
  const sample = await withTextsOnce(textSources, { spec, resolved }, read);
  const aliases = await collections.aliases();
  return (await findEarlier({ collections, points }, { spec, resolved }, { source, sample, aliases, witness }))?.earlier ?? null;
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
