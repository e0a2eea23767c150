import { isDeepStrictEqual } from 'node:util';
import {
  type MigrationMetadata,
  metadataKeys,
  type Owner,
  type OwnerMetadata,
  type Phase,
  type PhaseMetadata,
  readClaim,
  readOwner,
  readPhase,
} from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import { ReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import { hasEnded, hasSwitched } from '../domain/transitions.ts';
import { ownerInWords, reembed } from '../domain/words.ts';
import { type CoordinatorDeps, isoNow } from '../ports/coordinator-deps.ts';
import { updateInPhase } from '../ports/migration-document.ts';
import { actFreshly } from './fresh-act.ts';
import { hashOfLabels, keepLabels, withoutLabels } from './labels.ts';

/** The public record of the migration, without the parts that change; its labelled queries are kept beside. */
export async function migrationMetadata(deps: Pick<CoordinatorDeps, 'records'>, migration: Migration): Promise<MigrationMetadata> {
  const { id, spec, resolved, witness, reverseWitness = {}, origins, owner, createdAt, textRules = 1 } = migration;
  const labels = await keepLabels(deps, migration);
  const made = { resolved, witness, reverseWitness, vectors: origins };
  return { format: 1, id, spec: withoutLabels(spec), labels, ...made, owner, createdAt, textRules };
}

/** The phase as the target's metadata carries it. */
export function phaseMetadata(migration: Migration): PhaseMetadata {
  const { phaseNumber, phase, epoch, resumeTo, owner, updatedAt, lateWrites, seen } = migration;
  const used = seen === undefined ? {} : { seen };
  return { number: phaseNumber, phase, epoch, resumeTo, owner, at: updatedAt, lateWrites: countsOf(lateWrites), ...used };
}

/** Metadata has counts alone: the ids are kept beside, and there may be hundreds. */
export function countsOf(lateWrites: Migration['lateWrites']): PhaseMetadata['lateWrites'] {
  return lateWrites.map(({ kind, count }) => ({ kind, count, ids: [] }));
}

type OwnerDeps = Pick<CoordinatorDeps, 'clock' | 'coordinatorName' | 'endsWith'>;

/** The fleet of this coordinator as the owner of a migration, alive. */
export function ownerMetadata(deps: OwnerDeps, id: string): OwnerMetadata {
  return { id, name: deps.coordinatorName(), aliveAt: isoNow(deps), releasedAt: null, endsWith: deps.endsWith };
}

/** What a collection's metadata says from the moment it is a migration's target. */
export async function claimMetadata(deps: OwnerDeps & Pick<CoordinatorDeps, 'records'>, migration: Migration) {
  return {
    [metadataKeys.migration]: await migrationMetadata(deps, migration),
    [metadataKeys.phase]: phaseMetadata(migration),
    [metadataKeys.owner]: ownerMetadata(deps, migration.owner),
  };
}

/**
 * Writes the phase, and a spec that was edited, into the target's metadata before the phase acts, and reads it back. Throws `superseded` where another fleet owns the
 * migration or the number there is higher, `qdrant-not-found` where the target is gone: also in a phase announced long ago, because two
 * fleets in the middle of one copy would close each other's fences for ever.
 */
export async function announce(deps: CoordinatorDeps, migration: Migration): Promise<void> {
  const { collection } = migration.spec.target;
  let stored: PhaseMetadata | null = null;
  // Whoever sleeps between look and word would take the migration back from a fleet that went on with it.
  await actFreshly(
    deps,
    async () => {
      const found = await deps.collections.describe(collection);
      stored = checkOwned(migration, found);
      const isSaid = migration.announced === migration.phaseNumber || stored === null || stored.number === migration.phaseNumber;
      return isSaid ? null : { record: await editedRecord(deps, migration, found) };
    },
    async ({ record }) => {
      await deps.collections.patch(collection, {
        metadata: {
          ...(record === null ? {} : { [metadataKeys.migration]: record }),
          [metadataKeys.phase]: phaseMetadata(migration),
          [metadataKeys.owner]: ownerMetadata(deps, migration.owner),
        },
      });
      checkOwned(migration, await deps.collections.describe(collection));
    },
  );
  if (migration.announced === migration.phaseNumber) return;
  const announced = stored !== null || endingPhases.includes(migration.phase);
  if (announced) await updateInPhase(deps, migration, { announced: migration.phaseNumber });
}

/** Writes a spec that was edited without a new phase into the target's metadata, if there is one by now. Throws as announce does. */
export async function announceSpec(deps: CoordinatorDeps, migration: Migration): Promise<void> {
  const { collection } = migration.spec.target;
  await actFreshly(
    deps,
    async () => {
      const found = await deps.collections.describe(collection);
      return checkOwned(migration, found) === null ? null : await editedRecord(deps, migration, found);
    },
    (record) => deps.collections.patch(collection, { metadata: { [metadataKeys.migration]: record } }),
  );
}

/** The target's record of a migration whose spec was edited since, with what follows from it; null where the record has it. */
async function editedRecord(
  deps: CoordinatorDeps,
  migration: Migration,
  found: CollectionInfo | null,
): Promise<Readonly<Record<string, unknown>> | null> {
  const stored = Object(found?.metadata[metadataKeys.migration]);
  const isKept = (stored.labels ?? null) === hashOfLabels(migration.spec);
  if (isKept && isDeepStrictEqual(stored.spec, withoutLabels(migration.spec))) return null;
  const { spec, labels, resolved, vectors } = await migrationMetadata(deps, migration);
  return { ...stored, spec, labels, ...(migration.claimed ? { resolved, vectors } : {}) };
}

/** A migration that ends or has failed needs no target to say so, and readers are led back from one that is gone. */
const endingPhases: readonly Phase[] = ['failed', 'cancelling', 'cancelled', 'rolling-back', 'rolled-back', 'completed'];

/**
 * The phase that the target says. Null where there is no target to carry it: not made yet, or gone from a migration that ends. Throws as
 * announce does.
 */
export function checkOwned(migration: Migration, info: CollectionInfo | null): PhaseMetadata | null {
  const { id, claimed } = migration;
  const claim = readClaim(info?.metadata);
  if (info === null || claim?.id !== id) {
    if (claim !== null && hasSwitched(migration) && !hasEnded(migration)) throw takenUp(migration, claim.id);
    if (!claimed || endingPhases.includes(migration.phase)) return null;
    throw targetGone(migration, info === null ? 'is gone' : 'is no longer its own');
  }
  const phase = readPhase(info.metadata);
  if (phase === null) {
    if (endingPhases.includes(migration.phase)) return null;
    throw new ReembedError('metadata-damaged', damaged(migration));
  }
  if (isSuperseded(migration, phase)) throw superseded(migration, phase, readOwner(info.metadata));
  return phase;
}

/** Whether the target says that another fleet has the migration, or that this Redis came back older. */
export function isSuperseded(migration: Migration, phase: PhaseMetadata): boolean {
  // The same number with another name: counted up again on another way.
  const isAnother = phase.number === migration.phaseNumber && phase.phase !== migration.phase;
  return phase.owner !== migration.owner || phase.number > migration.phaseNumber || isAnother;
}

function damaged(migration: Migration): string {
  const { id, spec } = migration;
  const { collection } = spec.target;
  const then = hasSwitched(migration) ? '' : `, and ${reembed('resume', id)} goes on`;
  return (
    `the metadata of "${collection}" does not say any more in which phase migration ${id} is, so nothing is done. Find out who changed it; once no other fleet works on it, ` +
    `${reembed('adopt', collection, '--rebuild-metadata')} writes it anew${then}`
  );
}

/** What to say of a target that somebody deleted, or made anew. */
export function targetGone(migration: Migration, found = 'is gone'): ReembedError {
  const { id, spec, resolved } = migration;
  if (migration.isReversed) return oldGone(migration);
  const wayOut = hasSwitched(migration)
    ? `${reembed('rollback', id)} leads readers back to "${resolved.source}"`
    : `${reembed('cancel', id)}, then submit the spec again`;
  return new ReembedError('qdrant-not-found', `the target "${spec.target.collection}" of migration ${id} ${found}: ${wayOut}`);
}

function oldGone({ id, spec: { target } }: Migration): ReembedError {
  const end = reembed('complete', id, '--confirm', target.collection);
  return new ReembedError(
    'qdrant-not-found',
    `the old collection "${target.collection}" of migration ${id} is gone: nothing is left to be kept fresh or rolled back to, and ${end} ends the migration`,
  );
}

function superseded({ id, owner, spec }: Migration, { number, phase, owner: other }: PhaseMetadata, now: Owner | null): ReembedError {
  const { collection } = spec.target;
  const where = `its target says phase ${number} (${phase})`;
  if (other === owner || now === null)
    return new ReembedError(
      'superseded',
      `migration ${id} is further than this Redis knows, which came back older: ${where}; ${reembed('adopt', collection)} goes on from what the target says`,
    );
  return new ReembedError(
    'superseded',
    `migration ${id} was taken over by another fleet: ${ownerInWords(now)}; ${where}. Use that fleet's coordinator, or take it back: ${reembed('adopt', collection, '--take-over')}`,
  );
}

/** Readers may see it by now through that one: nobody leads them back by a word of before. */
function takenUp({ id, spec }: Migration, by: string): ReembedError {
  return new ReembedError(
    'superseded',
    `the target "${spec.target.collection}" of migration ${id} belongs to migration ${by} by now, so nothing is done here: ${reembed('discard', id)} forgets migration ${id}`,
  );
}

/**
 * The same look where an act must not come from a fleet that has lost the migration while it slept. Throws as announce does.
 */
export async function confirmOwned(deps: Pick<CoordinatorDeps, 'collections'>, migration: Migration): Promise<void> {
  checkOwned(migration, await deps.collections.describe(migration.spec.target.collection));
}
