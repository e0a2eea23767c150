import { createHash } from 'node:crypto';
import { type MigrationMetadata, readMigration, readPhase, type Spec } from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import { isReembedError, ReembedError } from '../domain/error.ts';
import { type Migration, newMigration } from '../domain/migration.ts';
import { inWords } from '../domain/parse-spec.ts';
import { isInPlace } from '../domain/recipes-of.ts';
import { changesOf, isRefused } from '../domain/spec-changes.ts';
import { hasEnded } from '../domain/transitions.ts';
import { makePlan, type PlanResult } from '../plan/make-plan.ts';
import { activeMigrationOf, readServerState } from '../plan/read-scene.ts';
import { type CoordinatorDeps, isoNow } from '../ports/coordinator-deps.ts';
import type { ServerState } from '../recipes/plan-scene.ts';
import { isBehind, type TakeUp, takeUp } from './adopt.ts';
import { editSpec } from './edit-spec.ts';
import { refusal } from './refuse-edit.ts';
import { repeated, type Submission, storeMigration } from './store-migration.ts';
import { rolledBackIn, takeUpAgain } from './take-up-again.ts';

export type SubmitOptions = TakeUp & { readonly idempotencyKey?: string | undefined };

/**
 * Takes a migration on. The same spec again answers with the migration that is there: running, or adopted from the target's metadata
 * where this fleet knows nothing of it, or less; an edited one changes it, as far as it may. Throws `plan-blocked` with every blocker,
 * `idempotency-conflict`, `other-fleet`, or `wrong-state` where target or alias are taken by another migration.
 */
export async function submit(
  deps: CoordinatorDeps,
  spec: Spec,
  { idempotencyKey, takeOver = false }: SubmitOptions = {},
): Promise<Submission> {
  const fingerprint = createHash('sha256').update(JSON.stringify(spec)).digest('hex');
  const earlier = idempotencyKey === undefined ? null : await deps.migrations.byIdempotencyKey(idempotencyKey);
  if (earlier !== null) return repeated(deps, earlier, fingerprint);
  const own = await ownMigration(deps, spec, takeOver);
  if (own !== null) return own;
  const result = await makePlan(deps, spec);
  if (result.resolved === null) throw blocked(result);
  const { resolved } = result;
  const migration = newMigration({ id: deps.newId(), spec, resolved, owner: await deps.fleet.id(), createdAt: isoNow(deps) });
  return storeMigration(deps, migration, 'created', idempotencyKey === undefined ? undefined : { key: idempotencyKey, fingerprint });
}

function blocked({ plan: { blockers } }: PlanResult): ReembedError {
  return new ReembedError('plan-blocked', inWords('nothing was created', blockers), { issues: blockers });
}

/**
 * The migration that this spec is of: one this fleet works on, or one that the target's metadata tells of. What differs from the spec it was
 * submitted with is taken up, or refused by name.
 */
async function ownMigration(deps: CoordinatorDeps, spec: Spec, takeOver: boolean): Promise<Submission | null> {
  const around = await readServerState(deps.collections, spec);
  const stored = readMigration(around.target?.metadata);
  const known = (await deps.migrations.list()).find((migration) =>
    stored === null ? !hasEnded(migration) && migration.spec.target.collection === spec.target.collection : migration.id === stored.id,
  );
  // In place the collection stays, and may be filled anew after a migration has ended there.
  if (isInPlace(spec) && (known === undefined ? isFree(around.target) : hasEnded(known))) return null;
  // One that was cancelled is in the way, here as in adopt: answering with it would look like a migration that was taken on.
  if (known?.phase === 'cancelled') return null;
  const rolledBack = rolledBackIn(around.target);
  if (rolledBack !== null && (known === undefined || known.phase === 'rolled-back'))
    return takeUpAgain(deps, rolledBack, asKnown(rolledBack, spec, around));
  // Nor is one whose target is not the one that was rolled back: a coordinator that slept made it, once that was gone.
  if (known?.phase === 'rolled-back' && known.announced === known.phaseNumber) return null;
  const isLess = known !== undefined && stored !== null && around.target !== null && isBehind(known, around.target);
  if (known !== undefined && !isLess) return { ...(await editSpec(deps, known, asKnown(known, spec, around))), how: 'running' };
  if (stored === null || around.target === null) return null;
  return adoptEdited(deps, stored, around.target, asKnown(stored, spec, around), takeOver);
}

/** Whether no migration is at work there. */
function isFree(target: CollectionInfo | null): boolean {
  return target === null || activeMigrationOf(target) === null;
}

/** Adopts only what may be edited so: a refusal leaves it where it is. */
async function adoptEdited(
  deps: CoordinatorDeps,
  stored: MigrationMetadata,
  target: CollectionInfo,
  spec: Spec,
  takeOver: boolean,
): Promise<Submission | null> {
  const refused = changesOf(stored.spec, spec).filter(isRefused);
  const phase = readPhase(target.metadata)?.phase ?? 'failed';
  if (refused.length > 0 && !hasEnded({ phase })) throw await refusal(deps, { ...stored, phase, resumeTo: null }, spec, refused);
  const adopted = refused.length > 0 ? null : await takeUp(deps, stored, target, { takeOver, given: spec });
  if (adopted === null) return null;
  try {
    return { ...adopted, ...(await editSpec(deps, adopted.migration, spec)) };
  } catch (error) {
    throw isReembedError(error) ? takenUnedited(adopted.migration, error) : error;
  }
}

/** What says that nothing was changed speaks of the spec alone. */
function takenUnedited({ id }: Migration, error: ReembedError): ReembedError {
  const message = `migration ${id} is this fleet's now and goes on by the spec it had: ${error.message}`;
  return new ReembedError(error.code, message, { issues: error.issues, cause: error });
}

/**
 * The spec with its source as the migration was given it, where that is the same one: by name, or by what it resolves to. After the switch an
 * alias resolves to the target itself, so the names accepted then are what counts.
 */
function asKnown({ spec: { source }, resolved }: Pick<MigrationMetadata, 'spec' | 'resolved'>, spec: Spec, around: ServerState): Spec {
  return around.source?.name === resolved.source ? { ...spec, source: { ...spec.source, collection: source.collection } } : spec;
}
