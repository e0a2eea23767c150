import {
  type DecisionsMetadata,
  laterFormat,
  type MigrationMetadata,
  metadataKeys,
  type Owner,
  type Phase,
  type PhaseMetadata,
  readDecisions,
  readMigration,
  readOwner,
  readPhase,
  readReverseMark,
  type Spec,
} from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import { ReembedError } from '../domain/error.ts';
import { type Migration, newMigration } from '../domain/migration.ts';
import { isInPlace } from '../domain/recipes-of.ts';
import { epochAfter, hasEnded, hasSwitched } from '../domain/transitions.ts';
import { ownerInWords, reembed } from '../domain/words.ts';
import { hasVector } from '../plan/target-schema.ts';
import { type CoordinatorDeps, isoNow } from '../ports/coordinator-deps.ts';
import { loadUndamaged } from '../ports/migration-document.ts';
import { adoptLateWrites } from '../ranges/late-writes.ts';
import { filledVectors } from '../recipes/target-vectors.ts';
import { claimMetadata, confirmOwned, isSuperseded, phaseMetadata } from '../stages/announce.ts';
import { tellBegun } from '../stages/change-phase.ts';
import { actFreshly } from '../stages/fresh-act.ts';
import { withLabels } from '../stages/labels.ts';
import { isAliasThere } from '../stages/live-target.ts';
import { carriedOver, noneToRead } from './carried-over.ts';
import { overridesOfBoth } from './decisions.ts';
import { forgetInRedis } from './forget-in-redis.ts';
import { checkNamesFree, type Submission, storeMigration } from './store-migration.ts';
import { rolledBackIn, takeUpAgain } from './take-up-again.ts';

/**
 * Where an adopted migration goes on. Nothing is embedded again that is stored, whatever the phase; what was copied once is compared, and what
 * was switched stays so. A word that led to an act is asked for again, unless the alias may have moved on it.
 */
const adoptedAs: Readonly<Record<Phase, Phase>> = {
  preparing: 'preparing',
  copying: 'copying',
  indexing: 'indexing',
  verifying: 'verifying',
  syncing: 'syncing',
  ready: 'ready',
  switching: 'switching',
  observing: 'observing',
  'inserting-late': 'observing',
  'rolling-back': 'observing',
  completing: 'observing',
  completed: 'completed',
  'rolled-back': 'rolled-back',
  pausing: 'pausing',
  paused: 'paused',
  failed: 'copying',
  cancelling: 'cancelling',
  cancelled: 'cancelling',
};

/** Where no gate is measured any more. */
const measuresNoGate: readonly Phase[] = ['observing', 'completed', 'rolled-back', 'cancelling'];

type GoesOn = Pick<Migration, 'phase' | 'cutover'>;

/** A switch that failed looks back where the alias has moved already, and never moves it; else it wants the word to switch anew. */
async function goesOnAs(deps: CoordinatorDeps, stored: MigrationMetadata, { phase, resumeTo }: PhaseMetadata): Promise<GoesOn> {
  const before = phase === 'failed' ? (resumeTo ?? phase) : phase;
  if (isInPlace(stored.spec) && before === 'completing') return { phase: 'verifying', cutover: null };
  if (phase !== 'failed' || before !== 'switching') return { phase: adoptedAs[before], cutover: null };
  const hasMoved = isAliasThere(stored, await deps.collections.aliases());
  return hasMoved ? { phase: 'switching', cutover: 'look-back' } : { phase: 'copying', cutover: null };
}

/** `takeOver`: the word for a migration that belongs to another fleet, which has not given it up. */
export type TakeUp = { readonly takeOver?: boolean };

/**
 * Goes on with the migration that a target's metadata tells of: as this fleet knows it, or from what the target says, where this fleet knows
 * nothing of it, or less; one that was cancelled is ended here, too. Null where this fleet knows nothing of one that was cancelled: its target is
 * only in the way. `given`: its spec, where somebody has it. Throws `other-fleet`.
 */
export async function takeUp(
  deps: CoordinatorDeps,
  stored: MigrationMetadata,
  target: CollectionInfo,
  { takeOver = false, given = null }: TakeUp & { readonly given?: Spec | null } = {},
  tries = mostTries,
): Promise<Submission | null> {
  const known = await loadUndamaged(deps, stored.id);
  const last = readPhase(target.metadata);
  if (known !== null && !isBehind(known, target)) return { migration: known, how: 'running' };
  if (last === null) throw withoutPhase(target.name, stored.id);
  if (known === null && last.phase === 'cancelled') return null;
  if (!takeOver && !hasEnded(last)) await checkGivenUp(deps, stored.id, target);
  // Before it is taken from anybody.
  if (known === null) await checkNamesFree(deps, stored);
  const migration = await claim(deps, { stored, last, known, given, decisions: readDecisions(target.metadata) });
  if (migration === null) return takeUpAsItIs(deps, target.name, { takeOver, given }, tries - 1);
  if (known !== null) return replace(deps, migration);
  // What cannot be read goes with everything beside it: ranges of a pass that nobody knows would be taken for done.
  if ((await deps.migrations.unreadable()).some(({ id }) => id === stored.id)) await forgetInRedis(deps, stored.id);
  return storeMigration(deps, migration, 'adopted');
}

/** A fleet that works on it goes from phase to phase meanwhile. */
const mostTries = 5;

async function takeUpAsItIs(
  deps: CoordinatorDeps,
  name: string,
  words: TakeUp & { readonly given: Spec | null },
  tries: number,
): Promise<Submission | null> {
  const target = await deps.collections.describe(name);
  const stored = readMigration(target?.metadata);
  if (target !== null && stored !== null && tries > 0) return takeUp(deps, stored, target, words, tries);
  throw new ReembedError('wrong-state', `the migration of "${name}" went on while it was taken up, and nothing was changed: say it again`);
}

/** Whether the target says more than this fleet knows of its migration, or says that it is another fleet's. */
export function isBehind(known: Migration, target: CollectionInfo): boolean {
  const last = readPhase(target.metadata);
  return known.error?.code === 'superseded' || (last !== null && isSuperseded(known, last));
}

/** Throws `other-fleet`, however long that one has not been heard of: a machine that sleeps wakes up. */
export async function checkGivenUp(deps: CoordinatorDeps, id: string, target: CollectionInfo): Promise<void> {
  const owner = readOwner(target.metadata);
  if (owner === null || owner.releasedAt !== null || (await deps.fleet.isOurs(owner.id))) return;
  throw otherFleet(id, owner, reembed('adopt', target.name, '--take-over'));
}

/** What to say of it. `taking`: the command that takes it over, as it is printed. */
export function otherFleet(id: string, owner: Owner, taking: string): ReembedError {
  return new ReembedError(
    'other-fleet',
    `migration ${id} belongs to another fleet: ${ownerInWords(owner)}. Use its coordinator; where that is gone, or has to give way, ${taking} takes the migration over ({"takeOver": true} in the API)`,
  );
}

function withoutPhase(target: string, id: string): ReembedError {
  return new ReembedError(
    'metadata-damaged',
    `the metadata of "${target}" does not say in which phase migration ${id} is: where no other fleet works on it, ${reembed('adopt', target, '--rebuild-metadata')} writes it anew`,
  );
}

type Taken = {
  readonly stored: MigrationMetadata;
  readonly last: PhaseMetadata;
  /** What this fleet knows, and is behind with. */
  readonly known: Migration | null;
  /** The spec, where somebody has it. */
  readonly given: Spec | null;
  /** Words against gates outlive a lost Redis. */
  readonly decisions: DecisionsMetadata;
};

/**
 * The migration as it goes on here, once the target's metadata says that this fleet owns it. Numbers that this fleet or the last one has used
 * never come back. Null where it is in another phase by now than it was looked at in. Throws `superseded` where two take it over at once, and
 * the other one came last.
 */
async function claim(deps: CoordinatorDeps, { stored, last, known, given, decisions }: Taken): Promise<Migration | null> {
  const { id, resolved, createdAt } = stored;
  const [owner, at] = [await deps.fleet.id(), isoNow(deps)];
  const { phase: wanted, cutover } = await goesOnAs(deps, stored, last);
  const carried = await carriedOver(deps, id, wanted, last.number);
  // Without the gates' numbers nothing is ready to switch.
  const phase = wanted === 'ready' && !carried.gates ? 'verifying' : wanted;
  const spec = await withLabels(deps, stored, given ?? (measuresNoGate.includes(phase) ? stored.spec : null));
  const migration: Migration = {
    ...newMigration({ id, spec, resolved, owner, createdAt }),
    ...carried,
    updatedAt: at,
    witness: stored.witness,
    reverseWitness: stored.reverseWitness,
    textRules: stored.textRules,
    origins: stored.vectors,
    claimed: true,
    phase,
    cutover,
    phaseNumber: Math.max(last.number, known?.phaseNumber ?? 0) + 1,
    epoch: epochAfter({ epoch: Math.max(last.epoch, known?.epoch ?? 0), spec }, phase),
    resumeTo: phase === 'paused' || phase === 'pausing' ? last.resumeTo : null,
    ...(await adoptLateWrites(deps.lateWrites, id, last.lateWrites)),
    overrides: overridesOfBoth(carried.overrides ?? [], decisions),
    history: [...(carried.history ?? []), { phase, at }],
    seen: last.seen,
    fill: known?.fill,
    // What was inserted while others used it looks like points that vanished from the source: none goes unasked, until it is switched.
    deletesAllowed: last.seen === 'by-hand' && !hasSwitched({ phase, resumeTo: null }) ? 0 : null,
    // Past the first pass, copy looks up what is stored before it embeds.
    lastPassNumber: Math.max(last.epoch, known?.lastPassNumber ?? 0) + 1,
  };
  const { collection } = spec.target;
  const look = async () => {
    const now = readPhase((await deps.collections.describe(collection))?.metadata);
    return now?.number === last.number && now.owner === last.owner ? claimMetadata(deps, migration) : null;
  };
  return actFreshly(deps, look, async (metadata) => {
    await deps.collections.patch(collection, { metadata });
    await confirmOwned(deps, migration);
    return migration;
  });
}

/** Puts it in the place of what this fleet knew of it. */
async function replace(deps: CoordinatorDeps, claimed: Migration): Promise<Submission | null> {
  const migration = await deps.migrations.update(claimed.id, () => claimed);
  if (migration === null) return null;
  await tellBegun(deps, migration);
  return { migration, how: 'adopted' };
}

/** Past any number that a migration reaches: what was written under a lost one stays behind. */
const rebuiltNumber = 1_000_000;

/**
 * The target with a phase in its metadata that can be read: as this fleet knows it, else what is safe whatever it was. Where readers are at the
 * target its switch may have been in the middle, or late writes were open that nobody had settled: it looks back before anything can be
 * completed. Where they have left it again, as the old collection tells that was kept fresh, or the record of the migration, nothing is written
 * over: a rollback lists what differs, and ends it. Any other is copied again, for free.
 */
async function rebuilt(deps: CoordinatorDeps, target: CollectionInfo, takeOver: boolean): Promise<CollectionInfo> {
  const stored = readMigration(target.metadata);
  if (stored === null || readPhase(target.metadata) !== null) return target;
  if (!takeOver) await checkGivenUp(deps, stored.id, target);
  const known = await loadUndamaged(deps, stored.id);
  const owner = await deps.fleet.id();
  // In place it always is, and nothing is switched.
  const isLive = !isInPlace(stored.spec) && isAliasThere(stored, await deps.collections.aliases());
  const wasLive = !isInPlace(stored.spec) && ((await isMarkedOld(deps, stored)) || (await isKnownToHaveSwitched(deps, stored.id)));
  // Where the vectors were not added yet, that comes first.
  const begins = filledVectors(stored.spec).every(({ vector }) => hasVector(target, vector.name)) ? 'copying' : 'preparing';
  const goesOn = wasLive ? 'observing' : begins;
  const standing = isLive ? ({ phase: 'failed', resumeTo: 'switching' } as const) : ({ phase: goesOn, resumeTo: null } as const);
  const safe = { ...standing, number: rebuiltNumber, epoch: rebuiltNumber, lateWrites: [] };
  const phase = known === null ? { ...safe, owner, at: isoNow(deps) } : phaseMetadata(known);
  const look = async () => (readPhase((await deps.collections.describe(target.name))?.metadata) === null ? phase : null);
  await actFreshly(deps, look, (seen) => deps.collections.patch(target.name, { metadata: { [metadataKeys.phase]: seen } }));
  return (await deps.collections.describe(target.name)) ?? target;
}

async function isMarkedOld({ collections }: CoordinatorDeps, { id, resolved }: MigrationMetadata): Promise<boolean> {
  return readReverseMark((await collections.describe(resolved.source))?.metadata)?.by === id;
}

async function isKnownToHaveSwitched({ records }: CoordinatorDeps, id: string): Promise<boolean> {
  const record = await records.load(id).catch(noneToRead);
  return record !== null && hasSwitched({ phase: record.view.phase, resumeTo: null });
}

/**
 * `rebuildMetadata`: of a target whose phase cannot be read. `again`: of one that was rolled back, `overwrite`: over what was written to it.
 */
export type AdoptWords = TakeUp & { readonly rebuildMetadata?: boolean; readonly again?: boolean; readonly overwrite?: boolean };

async function adoptAgain(deps: CoordinatorDeps, target: CollectionInfo, overwrite: boolean): Promise<Submission> {
  const rolledBack = rolledBackIn(target);
  if (rolledBack !== null) return takeUpAgain(deps, rolledBack, rolledBack.spec, { overwrite });
  throw new ReembedError(
    'wrong-state',
    `the migration of "${target.name}" is ${readPhase(target.metadata)?.phase ?? 'in no known phase'}: only what was rolled back is taken up again`,
  );
}

function writtenLater(name: string, format: number): ReembedError {
  return new ReembedError(
    'newer-version',
    `what "${name}" says of its migration is of format ${format}, which a newer version of reembed wrote: go on with that version`,
  );
}

/** What another fleet took over and has deleted since is remembered by the one that lost it. */
async function nothingToAdopt({ migrations }: CoordinatorDeps, name: string): Promise<ReembedError> {
  const lost = (await migrations.list()).find(({ spec, error }) => spec.target.collection === name && error?.code === 'superseded');
  const wayOut =
    lost === undefined
      ? `see ${reembed('list')}`
      : `${reembed('discard', lost.id)} forgets migration ${lost.id}, which another fleet had taken over`;
  return new ReembedError('not-found', `there is no collection "${name}" that a migration was making; ${wayOut}`);
}

/**
 * Takes up the migration that a target's metadata tells of. Throws `not-found` where there is none, `wrong-state` where it was cancelled,
 * `other-fleet`.
 */
export async function adoptTarget(deps: CoordinatorDeps, name: string, words: AdoptWords = {}): Promise<Submission> {
  const { takeOver = false, rebuildMetadata = false, again = false, overwrite = false } = words;
  const found = await deps.collections.describe(name);
  const target = found !== null && rebuildMetadata ? await rebuilt(deps, found, takeOver) : found;
  const stored = readMigration(target?.metadata);
  const later = laterFormat(target?.metadata);
  if (later !== null) throw writtenLater(name, later);
  if (target === null || stored === null) throw await nothingToAdopt(deps, name);
  if (again) return adoptAgain(deps, target, overwrite);
  const taken = await takeUp(deps, stored, target, { takeOver });
  if (taken !== null) return taken;
  throw new ReembedError(
    'wrong-state',
    `migration ${stored.id} was cancelled: ${reembed('discard', stored.id, '--confirm', name)} deletes what it left, then submit its spec again`,
  );
}
