import type { Phase, StageJob } from '@reembed/contracts';
import { isReembedError, ReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import { isInPlace } from '../domain/recipes-of.ts';
import { backoffMs } from '../domain/retry-policy.ts';
import { syncsBack } from '../domain/reverse-sync.ts';
import { onlyOldKey, setAsideKey } from '../domain/set-aside.ts';
import { hasEnded, isAtWork, transitions } from '../domain/transitions.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { updateInPhase } from '../ports/migration-document.ts';
import { insertLate, observe } from './after-switch.ts';
import { announce } from './announce.ts';
import { move } from './change-phase.ts';
import { cancel, complete, pause } from './ending.ts';
import { closeFence, closeWayBack } from './fence.ts';
import { release, releaseLeft } from './freeze.ts';
import { indexTarget } from './index-target.ts';
import { copy, sync } from './passes.ts';
import { prepare } from './prepare.ts';
import { waitReady } from './ready.ts';
import { rollBack } from './roll-back.ts';
import { showWaiting } from './show-waiting.ts';
import type { Stage, StageResult } from './stage.ts';
import { dropStrayAliases } from './stray-aliases.ts';
import { switchAlias } from './switch-alias.ts';
import { verify } from './verify.ts';

/** What a coordinator does in each phase; null: it waits for a word, or for none. */
const stages: Readonly<Record<Phase, Stage | null>> = {
  preparing: prepare,
  copying: copy,
  indexing: indexTarget,
  verifying: verify,
  syncing: sync,
  ready: waitReady,
  switching: switchAlias,
  observing: observe,
  'inserting-late': insertLate,
  'rolling-back': rollBack,
  completing: complete,
  pausing: pause,
  cancelling: cancel,
  paused: null,
  failed: null,
  completed: null,
  'rolled-back': null,
  cancelled: null,
};

/** What the stage queue has to do with the job. */
export type StageOutcome = 'done' | { readonly again: number };

/**
 * Runs the stage of a migration's phase once: announces the phase, acts, and moves on. Job and phase have to match, so a job that came
 * too late does nothing. Qdrant, Redis or a provider being away is waited out; an error that waiting cannot mend moves it to `failed`.
 */
export async function runStage(deps: CoordinatorDeps, job: StageJob, signal: AbortSignal): Promise<StageOutcome> {
  const migration = await deps.migrations.load(job.migrationId);
  if (migration === null) return 'done';
  const outcome = migration.phaseNumber === job.phaseNumber ? await runPhase(deps, migration, signal) : 'done';
  await clearAfterEnd(deps, job);
  return outcome;
}

async function runPhase(deps: CoordinatorDeps, migration: Migration, signal: AbortSignal): Promise<StageOutcome> {
  try {
    await announce(deps, migration);
    const stage = stages[migration.phase];
    if (stage === null) return await rest(deps, migration);
    await deps.beforePhase(migration, signal);
    return await apply(deps, migration, await stage(deps, migration, signal));
  } catch (error) {
    if (signal.aborted) return { again: 0 };
    return await afterError(deps, migration, error);
  }
}

/**
 * A stage that slept through the end of its phase may have brought back, awake, what was let go: a hold, queue and ranges, and its phase in the target's metadata over the
 * last one. A job that comes too late looks as well: what was sent without an answer may have arrived since.
 */
async function clearAfterEnd(deps: CoordinatorDeps, { migrationId, phaseNumber }: StageJob): Promise<void> {
  const now = await deps.migrations.load(migrationId);
  if (now !== null && !holdsWriters.includes(now.phase)) await releaseLeft(deps, now);
  // What has not been announced is let go of by its own stage, later than this.
  if (now === null || now.phaseNumber === phaseNumber || !hasEnded(now) || now.announced !== now.phaseNumber) return;
  await announceAgain(deps, now);
  await letGo(deps, now);
}

/** The last word of one that has ended; whoever has it by now says another. */
async function announceAgain(deps: CoordinatorDeps, ended: Migration): Promise<void> {
  try {
    await announce(deps, { ...ended, announced: 0 });
  } catch (error) {
    if (!isReembedError(error, 'superseded')) throw error;
  }
}

/** A phase that waits for a word, or for none. What has failed writes no more, whatever happens to its target now. */
async function rest(deps: CoordinatorDeps, migration: Migration): Promise<StageOutcome> {
  if (migration.phase === 'failed') await closeFence(deps, migration);
  if (hasEnded(migration)) await letGo(deps, migration);
  return 'done';
}

/** What is kept is what goes on being shown: the totals of the last pass, and what is set aside, unless it was cancelled. */
async function letGo(deps: CoordinatorDeps, { id, phase, lastPassNumber, spec }: Migration): Promise<void> {
  await deps.rangeQueue.remove(id);
  await deps.ranges.forgetPasses(id, lastPassNumber, []);
  await deps.ranges.shed(id);
  await deps.migrations.release(id);
  if (syncsBack(spec)) for (const key of [setAsideKey({ id, isReversed: true }), onlyOldKey({ id })]) await deps.setAside.clear(key);
  const { open, accepted } = await deps.setAside.count(id);
  if (phase === 'cancelled' || open + accepted === 0) await deps.setAside.clear(id);
}

async function apply(deps: CoordinatorDeps, migration: Migration, result: StageResult): Promise<StageOutcome> {
  if (result.kind === 'next') {
    await move(deps, migration, result.to, result.change);
    return 'done';
  }
  if (result.kind === 'rest') {
    await showWaiting(deps, migration, null);
    return rest(deps, migration);
  }
  await showWaiting(deps, migration, result.waiting ?? null);
  return { again: result.afterMs };
}

async function afterError(deps: CoordinatorDeps, migration: Migration, error: unknown): Promise<StageOutcome> {
  // A defect: the queue logs it and brings the job again.
  if (!isReembedError(error)) throw error;
  if (error.code === 'superseded') {
    await giveWay(deps, migration, error);
    return 'done';
  }
  if (error.code === 'over-budget' && transitions[migration.phase].commands.pause !== undefined) {
    await move(deps, migration, 'pausing', { error: { code: error.code, message: error.message } });
    return 'done';
  }
  if (migration.phase === 'observing') return waitForMending(deps, migration, error);
  if (error.retry === 'later') {
    await showWaiting(deps, migration, { kind: 'away', reason: `${error.message} [${error.code}]` });
    return { again: error.retryAfterMs ?? backoffMs(2) };
  }
  await fail(deps, migration, error);
  return 'done';
}

/** Another fleet has it now. Work on it fails; what rests, or has switched, keeps its name. Both say who took it, and how it is taken back. */
export async function giveWay(deps: CoordinatorDeps, migration: Migration, { code, message }: ReembedError): Promise<void> {
  const rests = migration.phase === 'observing' || stages[migration.phase] === null;
  if (!rests) return fail(deps, migration, new ReembedError(code, message));
  if (migration.error?.code === code) return;
  await showWaiting(deps, migration, null);
  const now = await updateInPhase(deps, migration, { error: { code, message }, pass: null });
  if (now !== null) await deps.events.publish(now.id, { type: 'error', at: now.updatedAt, code, message });
}

/**
 * What has switched has nowhere to fail to: it says what is wrong, and tries again now and then. Into what others use nobody writes meanwhile, also
 * no worker that was in the middle of a page.
 */
async function waitForMending(deps: CoordinatorDeps, migration: Migration, error: ReembedError): Promise<StageOutcome> {
  const kind = error.retry === 'later' ? 'away' : 'mending';
  // What passes by itself costs no pass: it goes on where it was.
  const stands = kind === 'away' ? null : await updateInPhase(deps, migration, { pass: null });
  if (stands !== null && error.code === 'target-live') await closeWayBack(deps, migration);
  await showWaiting(deps, migration, { kind, reason: `${error.message} [${error.code}]` });
  return { again: error.retryAfterMs ?? 30_000 };
}

/** What is refused or fails in these leaves the switched migration where it was. */
const staysSwitched: readonly Phase[] = ['completing', 'rolling-back', 'inserting-late'];

async function fail(deps: CoordinatorDeps, migration: Migration, error: ReembedError): Promise<void> {
  // A resting phase that cannot be announced has nowhere to fail to; what it says stays true.
  if (stages[migration.phase] === null) return;
  const inUse = isInPlace(migration.spec) ? 'ready' : 'observing';
  const to = staysSwitched.includes(migration.phase) ? inUse : 'failed';
  const seen = error.code === 'target-live' ? { seen: 'by-hand' as const } : {};
  await move(deps, migration, to, { ...seen, error: { code: error.code, message: error.message } });
  // Also where it was stopped before its stage began, which lets go itself.
  if (holdsWriters.includes(migration.phase)) await release(deps, migration);
}

/** Phases that may have writers held. */
const holdsWriters: readonly Phase[] = ['switching', 'rolling-back'];

/** A stage that a coordinator held which was killed is said to wait, once: until then nothing else would be heard of it. */
async function tellLeftBehind(deps: CoordinatorDeps, migration: Migration, takenUpInMs: number | null): Promise<void> {
  if (takenUpInMs === null || migration.waiting?.kind === 'lock') return;
  const until = new Date(deps.clock.now().getTime() + takenUpInMs).toISOString();
  const reason = `until ${until} at the latest: the coordinator that held this step ended without a word; another takes it up then`;
  await showWaiting(deps, migration, { kind: 'lock', reason });
}

/**
 * Queues the stage of every migration that is not at rest, and of those whose rest has not been announced or waits for something, and drops aliases of theirs that
 * nobody needs: safe at any time.
 */
export async function reconcile(deps: CoordinatorDeps): Promise<void> {
  const migrations = await deps.migrations.list();
  for (const migration of migrations) {
    const resting = !isAtWork(migration) && migration.announced === migration.phaseNumber && migration.waiting === null;
    if (!resting && migration.error?.code !== 'superseded') {
      const job = { migrationId: migration.id, phaseNumber: migration.phaseNumber };
      await deps.stageQueue.enqueue(job);
      await tellLeftBehind(deps, migration, await deps.stageQueue.leftBehind(job));
    }
  }
  // Two fleets that took one over at once count alike: the fence of the other one is not stray.
  await dropStrayAliases(
    deps,
    migrations.filter(({ error }) => error?.code !== 'superseded'),
  );
}
