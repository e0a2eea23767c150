import { createHash } from 'node:crypto';
import { type MigrationMetadata, readMigration, type Spec } from '@reembed/contracts';
import { ReembedError } from '../domain/error.ts';
import { newMigration } from '../domain/migration.ts';
import { inWords } from '../domain/parse-spec.ts';
import { isInPlace } from '../domain/recipes-of.ts';
import { inFlight, sameWork } from '../domain/same-work.ts';
import { hasEnded } from '../domain/transitions.ts';
import { makePlan, type PlanResult } from '../plan/make-plan.ts';
import { activeMigrationOf, readServerState } from '../plan/read-scene.ts';
import { type CoordinatorDeps, isoNow } from '../ports/coordinator-deps.ts';
import type { ServerState } from '../recipes/plan-scene.ts';
import { adopt } from './adopt.ts';
import { repeated, type Submission, storeMigration } from './store-migration.ts';

/**
 * Takes a migration on. The same spec again answers with the migration that is there: running, or adopted from the target's metadata
 * where this fleet knows nothing of it. Throws `plan-blocked` with every blocker, `idempotency-conflict`, or `wrong-state` where target or
 * alias are taken by another migration.
 */
export async function submit(deps: CoordinatorDeps, spec: Spec, idempotencyKey?: string): Promise<Submission> {
  const fingerprint = createHash('sha256').update(JSON.stringify(spec)).digest('hex');
  const earlier = idempotencyKey === undefined ? null : await deps.migrations.byIdempotencyKey(idempotencyKey);
  if (earlier !== null) return repeated(deps, earlier, fingerprint);
  const own = await ownMigration(deps, spec);
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

/** The migration of this very spec: one this fleet works on, or one that the target's metadata tells of. */
async function ownMigration(deps: CoordinatorDeps, spec: Spec): Promise<Submission | null> {
  const around = await readServerState(deps.collections, spec);
  const stored = ownMetadata(spec, around);
  const known = (await deps.migrations.list()).find((migration) =>
    stored === null ? inFlight(migration, spec) : migration.id === stored.id,
  );
  // In place the collection stays, and may be filled anew after a migration has ended there.
  if (isInPlace(spec) && (known === undefined ? around.target === null || activeMigrationOf(around.target) === null : hasEnded(known)))
    return null;
  // One that was cancelled is in the way, here as in adopt: answering with it would look like a migration that was taken on.
  if (known?.phase === 'cancelled') return null;
  if (known !== undefined) return { migration: known, how: 'running' };
  return stored === null || around.target === null ? null : adopt(deps, stored, around.target);
}

function ownMetadata(spec: Spec, { target, source }: ServerState): MigrationMetadata | null {
  const stored = readMigration(target?.metadata);
  if (stored === null) return null;
  // After the switch, a source given by its alias resolves to the target itself: the names accepted then are what counts.
  const asGiven = stored.spec.source.collection === spec.source.collection;
  const asResolved = stored.resolved.source === source?.name;
  return (asGiven || asResolved) &&
    sameWork({ ...stored.spec, source: { ...stored.spec.source, collection: spec.source.collection } }, spec)
    ? stored
    : null;
}
