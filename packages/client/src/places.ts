import {
  type MigrationMetadata,
  type Phase,
  type PhaseMetadata,
  readMigration,
  readOrigins,
  readPhase,
  type VectorOrigin,
} from '@reembed/contracts';
import { type Clock, type CollectionInfo, type Collections, fenceAlias, isInPlace, nextAlias, sourceOrigins } from '@reembed/core';
import { joined } from './joined.ts';

/** What a name stands for at an instant. */
export type Place = {
  /** The collection's own name; the name that was asked where nothing is known by it. */
  readonly collection: string;
  /** By vector name: what made it, as far as anybody says; null: there is no such collection. */
  readonly origins: Readonly<Record<string, VectorOrigin>> | null;
  /** The migration that fills another collection from this one; null: none, as far as aliases tell. */
  readonly flight: Flight | null;
  /** The phase number of a migration that is about to move the alias, here or back; null: none is. */
  readonly moving: number | null;
  /** Whether a migration has led the alias here and may lead it back: a second later it may be moving. */
  readonly mayGoBack: boolean;
};

/** A migration in flight. `fence`: the alias that its target may be written through now; null: nobody writes. */
export type Flight = { readonly migration: MigrationMetadata; readonly phase: PhaseMetadata; readonly fence: string | null };

export type Places = {
  /** By aliases that are asked for now, and metadata that were a second ago. */
  find(name: string): Promise<Place>;
  /** Everything asked for now. */
  findNow(name: string): Promise<Place>;
  /** Everything as it was a second ago at most. */
  findLately(name: string): Promise<Place>;
};

type Aliases = ReadonlyMap<string, string>;
type Known<Value> = { readonly value: Value; readonly at: number };

/** How old what is known lately may be, in ms. */
const latelyMs = 1_000;

/** Looks up what names stand for; many who look at once ask the server once. */
export function createPlaces(collections: Pick<Collections, 'aliases' | 'describe'>, clock: Pick<Clock, 'monotonicMs'>): Places {
  let known: Known<Aliases> | null = null;
  const infos = new Map<string, Known<CollectionInfo | null> & { readonly again: () => Promise<CollectionInfo | null> }>();
  const isLate = (found: Known<unknown> | null | undefined) =>
    found !== null && found !== undefined && clock.monotonicMs() - found.at < latelyMs;

  const askAliases = joined(async () => {
    const at = clock.monotonicMs();
    const value = await collections.aliases();
    known = { value, at };
    return value;
  });
  const askInfo = async (name: string): Promise<CollectionInfo | null> => {
    const again = infos.get(name)?.again ?? joined(() => collections.describe(name));
    const at = clock.monotonicMs();
    const value = await again();
    if (value === null) infos.delete(name);
    else infos.set(name, { value, at, again });
    return value;
  };
  const aliasesLately = async () => (known !== null && isLate(known) ? known.value : askAliases());
  const infoLately = async (name: string) => {
    const found = infos.get(name);
    return found !== undefined && isLate(found) ? found.value : askInfo(name);
  };

  return {
    find: async (name) => placeOf(name, await askAliases(), infoLately),
    findNow: async (name) => placeOf(name, await askAliases(), askInfo),
    findLately: async (name) => placeOf(name, await aliasesLately(), infoLately),
  };
}

async function placeOf(name: string, aliases: Aliases, describe: (name: string) => Promise<CollectionInfo | null>): Promise<Place> {
  const collection = aliases.get(name) ?? name;
  const info = await describe(collection);
  const flight = info === null ? null : await flightFrom(name, collection, aliases, describe);
  const own = readPhase(info?.metadata);
  const origins = info === null ? null : flight === null ? readOrigins(info.metadata) : sourceOrigins(flight.migration.spec, info);
  const moving = movingNumber(flight?.phase, 'switching') ?? movingNumber(own, 'rolling-back');
  return { collection, origins, flight, moving, mayGoBack: own !== null && backFrom.includes(own.phase) };
}

const backFrom: readonly Phase[] = ['observing', 'inserting-late', 'rolling-back'];

function movingNumber(phase: PhaseMetadata | null | undefined, while_: Phase): number | null {
  return phase?.phase === while_ ? phase.number : null;
}

/**
 * Seen by `<alias>.next`, which points at the target from its beginning until the alias itself does. Of several from one collection, that of
 * the alias which was asked: it is what moves under whoever asks.
 */
async function flightFrom(
  name: string,
  collection: string,
  aliases: Aliases,
  describe: (name: string) => Promise<CollectionInfo | null>,
): Promise<Flight | null> {
  const asked = [...aliases].filter(([alias]) => alias === name);
  for (const [alias, pointsAt] of [...asked, ...aliases]) {
    const target = pointsAt === collection ? aliases.get(nextAlias(alias)) : undefined;
    if (target === undefined || target === collection) continue;
    const metadata = (await describe(target))?.metadata;
    const [migration, phase] = [readMigration(metadata), readPhase(metadata)];
    if (migration === null || phase === null || migration.resolved.source !== collection || isInPlace(migration.spec)) continue;
    const fence = fenceAlias(migration.id, phase.epoch);
    return { migration, phase, fence: aliases.get(fence) === target ? fence : null };
  }
  return null;
}
