import {
  type MigrationMetadata,
  metadataKeys,
  type Phase,
  type PhaseMetadata,
  readDecisions,
  readMigration,
  readPhase,
  type Spec,
} from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import { ReembedError } from '../domain/error.ts';
import { type Migration, newMigration } from '../domain/migration.ts';
import { isInPlace } from '../domain/recipes-of.ts';
import { epochAfter } from '../domain/transitions.ts';
import { reembed } from '../domain/words.ts';
import { type CoordinatorDeps, isoNow } from '../ports/coordinator-deps.ts';
import { adoptLateWrites } from '../ranges/late-writes.ts';
import { countsOf, migrationMetadata, ownerMetadata, phaseMetadata } from '../stages/announce.ts';
import { withLabels } from '../stages/labels.ts';
import { aliasesInUse } from '../stages/live-target.ts';
import { carriedOver } from './carried-over.ts';
import { overridesOfBoth } from './decisions.ts';
import { type Submission, storeMigration } from './store-migration.ts';
import { rolledBackIn, takeUpAgain } from './take-up-again.ts';

/** Where an adopted migration goes on. What was switched is never sent back to copying; everything before is copied again, for free. */
const adoptedAs: Partial<Record<Phase, Phase>> = {
  preparing: 'preparing',
  observing: 'observing',
  'inserting-late': 'observing',
  'rolling-back': 'observing',
  completing: 'observing',
  completed: 'completed',
  'rolled-back': 'rolled-back',
  switching: 'switching',
  cancelling: 'cancelling',
  cancelled: 'cancelling',
};

/** Where the gates are still to be measured. */
const measuresGates: readonly Phase[] = ['preparing', 'copying', 'switching'];

/**
 * Takes over a migration of which only the target's metadata is left; `given`: its spec, where somebody has it. Null where it was cancelled:
 * its target is only in the way. A cancel under way is ended.
 */
export async function adopt(
  deps: CoordinatorDeps,
  stored: MigrationMetadata,
  target: CollectionInfo,
  given: Spec | null = null,
): Promise<Submission | null> {
  const phase = readPhase(target.metadata)?.phase;
  if (phase === 'cancelled') return null;
  return storeMigration(deps, await claimed(deps, stored, target, given), 'adopted');
}

/**
 * Goes on from what the target says instead of what this fleet knows; one that was cancelled is ended here, too. Numbers of passes that this
 * fleet has used never come back.
 */
async function adoptAnew(
  deps: CoordinatorDeps,
  known: Migration,
  stored: MigrationMetadata,
  target: CollectionInfo,
): Promise<Submission | null> {
  const claim = await claimed(deps, stored, target, null);
  const lastPassNumber = Math.max(claim.lastPassNumber, known.lastPassNumber) + 1;
  const migration = await deps.migrations.update(known.id, () => ({ ...claim, lastPassNumber }));
  if (migration === null) return null;
  const { id, phase, phaseNumber, updatedAt } = migration;
  await deps.signals.moved(migration);
  await deps.events.publish(id, { type: 'phase', at: updatedAt, phase, number: phaseNumber });
  await deps.stageQueue.enqueue({ migrationId: id, phaseNumber });
  return { migration, how: 'adopted' };
}

/** A switch that failed goes on where the alias has moved already; else it wants the word to switch anew. */
async function goesOnAs({ collections }: CoordinatorDeps, stored: MigrationMetadata, last: PhaseMetadata): Promise<Phase> {
  const before = last.resumeTo ?? last.phase;
  if (isInPlace(stored.spec) && before === 'completing') return 'copying';
  if (last.phase === 'failed' && before === 'switching' && aliasesInUse(stored, await collections.aliases()).length === 0) return 'copying';
  return adoptedAs[before] ?? 'copying';
}

/** The migration as it goes on here, once the target's metadata says that this fleet owns it. */
async function claimed(deps: CoordinatorDeps, stored: MigrationMetadata, target: CollectionInfo, given: Spec | null): Promise<Migration> {
  const last = readPhase(target.metadata);
  if (last === null)
    throw new ReembedError(
      'metadata-damaged',
      `the metadata of "${target.name}" does not say in which phase migration ${stored.id} is: where no other fleet works on it, ${reembed('adopt', target.name, '--rebuild-metadata')} writes it anew`,
    );
  const { id, resolved, createdAt } = stored;
  const [owner, at] = [await deps.fleet.id(), isoNow(deps)];
  const phase = await goesOnAs(deps, stored, last);
  const spec = await withLabels(deps, stored, given ?? (measuresGates.includes(phase) ? null : stored.spec));
  const carried = await carriedOver(deps, id, phase);
  const migration: Migration = {
    ...newMigration({ id, spec, resolved, owner, createdAt }),
    ...carried,
    updatedAt: at,
    witness: stored.witness,
    origins: stored.vectors,
    claimed: true,
    phase,
    phaseNumber: last.number + 1,
    epoch: epochAfter(last, phase),
    ...(await adoptLateWrites(deps.lateWrites, id, last.lateWrites)),
    overrides: overridesOfBoth(carried.overrides ?? [], readDecisions(target.metadata)),
    history: [...(carried.history ?? []), { phase, at }],
    // Past the first pass, copy looks up what is stored before it embeds.
    lastPassNumber: last.epoch + 1,
  };
  await deps.collections.patch(target.name, {
    metadata: {
      [metadataKeys.migration]: await migrationMetadata(deps, migration),
      [metadataKeys.owner]: ownerMetadata(deps, owner),
      [metadataKeys.phase]: {
        number: migration.phaseNumber,
        phase,
        epoch: migration.epoch,
        resumeTo: null,
        owner,
        at,
        lateWrites: countsOf(last.lateWrites),
      },
    },
  });
  return migration;
}

/** Past any number that a migration reaches: what was written under a lost one stays behind. */
const rebuiltNumber = 1_000_000;

/**
 * The target with a phase in its metadata that can be read: as this fleet knows it, else what is safe whatever it was. A target that others
 * use has switched; any other is copied again, for free.
 */
async function rebuilt(deps: CoordinatorDeps, target: CollectionInfo): Promise<CollectionInfo> {
  const stored = readMigration(target.metadata);
  if (stored === null || readPhase(target.metadata) !== null) return target;
  const known = await deps.migrations.load(stored.id);
  const owner = await deps.fleet.id();
  const isLive = aliasesInUse(stored, await deps.collections.aliases()).length > 0;
  const safe = { number: rebuiltNumber, phase: isLive ? 'observing' : 'copying', epoch: rebuiltNumber, resumeTo: null, lateWrites: [] };
  const phase = known === null ? { ...safe, owner, at: isoNow(deps) } : phaseMetadata(known);
  await deps.collections.patch(target.name, { metadata: { [metadataKeys.phase]: phase } });
  return { ...target, metadata: { ...target.metadata, [metadataKeys.phase]: phase } };
}

/** `rebuildMetadata`: of a target whose phase cannot be read. `again`: of one that was rolled back, `overwrite`: over what was written to it. */
export type AdoptWords = { readonly rebuildMetadata?: boolean; readonly again?: boolean; readonly overwrite?: boolean };

async function adoptAgain(deps: CoordinatorDeps, target: CollectionInfo, overwrite: boolean): Promise<Submission> {
  const rolledBack = rolledBackIn(target);
  if (rolledBack !== null) return takeUpAgain(deps, rolledBack, rolledBack.spec, { overwrite });
  throw new ReembedError(
    'wrong-state',
    `the migration of "${target.name}" is ${readPhase(target.metadata)?.phase ?? 'in no known phase'}: only what was rolled back is taken up again`,
  );
}

/** Takes over the migration that a target's metadata tells of. Throws `not-found` where there is none, `wrong-state` where it was cancelled. */
export async function adoptTarget(deps: CoordinatorDeps, name: string, words: AdoptWords = {}): Promise<Submission> {
  const { rebuildMetadata = false, again = false, overwrite = false } = words;
  const found = await deps.collections.describe(name);
  const target = found !== null && rebuildMetadata ? await rebuilt(deps, found) : found;
  const stored = readMigration(target?.metadata);
  if (target === null || stored === null)
    throw new ReembedError('not-found', `there is no collection "${name}" that a migration was making; see ${reembed('list')}`);
  if (again) return adoptAgain(deps, target, overwrite);
  const known = await deps.migrations.load(stored.id);
  if (known !== null && known.error?.code !== 'superseded') return { migration: known, how: 'running' };
  const adopted = known === null ? await adopt(deps, stored, target) : await adoptAnew(deps, known, stored, target);
  if (adopted === null)
    throw new ReembedError(
      'wrong-state',
      `migration ${stored.id} was cancelled: ${reembed('discard', stored.id, '--confirm', name)} deletes what it left, then submit its spec again`,
    );
  return adopted;
}
