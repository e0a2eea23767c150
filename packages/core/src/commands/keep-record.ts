import { readClaim, readPhase, type StageJob } from '@reembed/contracts';
import { isReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import { backoffMs } from '../domain/retry-policy.ts';
import { type CoordinatorDeps, isoNow, note } from '../ports/coordinator-deps.ts';
import { runStage, type StageOutcome } from '../stages/run-stage.ts';
import { reportOf } from './build-report.ts';
import { viewOf } from './view.ts';

/** The longest time that a record lags behind a migration which goes on in one phase, in ms. */
const keepEveryMs = 10_000;

/**
 * Runs a stage once and keeps what is known of its migration where it outlives this fleet: with every phase, and now and then within one.
 * Where Qdrant does not take it now, the job comes again; where it never will, that is told once a phase, and stops nothing.
 */
export async function workOnStage(deps: CoordinatorDeps, job: StageJob, signal: AbortSignal): Promise<StageOutcome> {
  const outcome = await runStage(deps, job, signal);
  try {
    await keepRecord(deps, job.migrationId);
    return outcome;
  } catch (error) {
    if (!isReembedError(error)) throw error;
    if (error.retry === 'later') return outcome === 'done' ? { again: error.retryAfterMs ?? backoffMs(2) } : outcome;
    await note(deps, job.migrationId, `what is known of this migration is not kept in Qdrant, and is lost with Redis: ${error.message}`);
    return outcome;
  }
}

/** Keeps the record of a migration where that is due. One that belongs to another fleet by now is left to it. Throws what Qdrant answers. */
export async function keepRecord(deps: CoordinatorDeps, id: string): Promise<void> {
  const migration = await deps.migrations.load(id);
  if (migration === null || !isDue(deps, migration)) return;
  const { phaseNumber } = migration;
  // Before it is written: the job of the next phase may run beside this one.
  deps.recordsKept.set(id, { phaseNumber, at: deps.clock.monotonicMs() });
  try {
    if (!(await isOurs(deps, migration))) return;
    await deps.records.keep({ format: 1, at: isoNow(deps), view: await viewOf(deps, migration), report: await reportOf(deps, migration) });
  } catch (error) {
    const isRefused = isReembedError(error) && error.retry === 'never';
    if (isRefused) deps.recordsKept.set(id, { phaseNumber, at: Number.POSITIVE_INFINITY });
    else deps.recordsKept.delete(id);
    throw error;
  }
}

function isDue({ recordsKept, clock }: CoordinatorDeps, { id, phaseNumber }: Migration): boolean {
  const kept = recordsKept.get(id);
  return kept?.phaseNumber !== phaseNumber || clock.monotonicMs() - kept.at >= keepEveryMs;
}

/** By what the target's metadata says. Before there is a target, and once it is gone, nobody else can have taken the migration over. */
async function isOurs({ collections }: CoordinatorDeps, { id, spec, owner, phaseNumber, error }: Migration): Promise<boolean> {
  if (error?.code === 'superseded') return false;
  const target = await collections.describe(spec.target.collection);
  const last = readPhase(target?.metadata);
  if (readClaim(target?.metadata)?.id !== id || last === null) return true;
  return last.owner === owner && last.number <= phaseNumber;
}
