import type { PassKind, Phase, PointId, RangeJob, Spec } from '@reembed/contracts';
import { type ErrorSummary, isReembedError, ReembedError, summarizeError } from '../domain/error.ts';
import type { Migration, Pass } from '../domain/migration.ts';
import { decideRange } from '../domain/retry-policy.ts';
import { facing } from '../domain/reverse-sync.ts';
import type { SetAsideEntry } from '../domain/set-aside.ts';
import { changesOf, isTakenUp } from '../domain/spec-changes.ts';
import { hasEnded, isSamePhase } from '../domain/transitions.ts';
import type { Writers } from '../ports/fleet.ts';
import type { LateWrites, RangeDelta, RangeRecord, SetAside } from '../ports/state.ts';
import { backfillRange, hotRange } from './backfill-range.ts';
import { compareRange, lookBackRange } from './compare-range.ts';
import { copyRange, insertLateRange } from './copy-range.ts';
import { lateWriteBatches } from './late-writes.ts';
import type { RangeContext, RangeStore } from './range-context.ts';
import { syncRange } from './sync-range.ts';

/** How work on a range job ended, for the queue to carry out. */
export type RangeOutcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'again'; readonly afterMs: number; readonly why: ErrorSummary }
  | { readonly kind: 'interrupted' };

type RangeParts = Pick<RangeContext, 'points' | 'carrier' | 'setAside' | 'recipes' | 'clock'> & {
  readonly lateWrites: Pick<LateWrites, 'page'>;
};

export type RangeDeps = {
  readonly load: (id: string) => Promise<Migration | null>;
  readonly ranges: RangeStore;
  readonly writers: Pick<Writers, 'enter' | 'leave'>;
  /** Builds what the range needs: embedders, witness checked. May throw. */
  readonly prepare: (migration: Migration, signal: AbortSignal) => Promise<RangeParts>;
  /** Waits until so many points of the source may be read; throws the signal's reason. */
  readonly pace: RangeContext['pace'];
  /** New for every call. */
  readonly holder: string;
  readonly signal: AbortSignal;
};

type Work = { readonly run: (context: RangeContext) => Promise<void>; readonly writes: boolean; readonly during: readonly Phase[] };

/** What each kind of pass does with a range, whether it writes to the target, and in which phases it runs at all. */
const work: Readonly<Record<PassKind, Work>> = {
  copy: { run: copyRange, writes: true, during: ['copying'] },
  sync: { run: syncRange, writes: true, during: ['syncing', 'ready', 'switching'] },
  verify: { run: compareRange, writes: false, during: ['verifying', 'switching', 'rolling-back'] },
  'look-back': { run: lookBackRange, writes: false, during: ['switching'] },
  hot: { run: hotRange, writes: true, during: ['copying'] },
  backfill: { run: backfillRange, writes: true, during: ['copying', 'syncing', 'ready', 'observing', 'completing'] },
  'insert-late': { run: insertLateRange, writes: true, during: ['inserting-late'] },
  'reverse-sync': { run: syncRange, writes: true, during: ['observing', 'rolling-back'] },
  'reverse-verify': { run: compareRange, writes: false, during: ['rolling-back'] },
  'reverse-look-back': { run: lookBackRange, writes: false, during: ['rolling-back'] },
};

/** Works on one range job until it is done, put back, or given up. A job whose migration has moved on is dropped: `done`. */
export async function runRange(deps: RangeDeps, job: RangeJob): Promise<RangeOutcome> {
  const migration = await deps.load(job.migrationId);
  const pass = migration?.pass;
  if (!migration || !pass || pass.number !== job.pass || !work[pass.kind].during.includes(migration.phase)) return { kind: 'done' };
  const record = await deps.ranges.claim(job.migrationId, job.pass, job.seq, deps.holder);
  if (record === null) return { kind: 'done' };
  try {
    await runBehindFence(deps, facing(migration, pass.kind), pass, record);
    return { kind: 'done' };
  } catch (error) {
    return await settle(deps, migration, job, error);
  }
}

async function runBehindFence(deps: RangeDeps, migration: Migration, pass: Pass, record: RangeRecord): Promise<void> {
  const { run, writes } = work[pass.kind];
  if (writes && !(await deps.writers.enter(migration.id, migration.epoch, deps.holder))) {
    throw new ReembedError('range-lost', `the fence of epoch ${migration.epoch} is closed`);
  }
  try {
    const { lateWrites, ...parts } = await deps.prepare(migration, deps.signal);
    await run({
      ...parts,
      setAside: whileItCounts(deps, migration, parts.setAside),
      migration,
      pass,
      record,
      signal: deps.signal,
      pace: deps.pace,
      progress: progressOf(deps, migration, pass, record),
      divide: divisionOf(deps, migration, pass, record),
      lateIds: lateIds(lateWrites, migration),
      hotIds: async () => (await deps.ranges.hotWithin(migration.id, { start: record.next ?? record.start, end: record.end })) ?? [],
      hashBefore: hashBefore(deps, migration, record),
    });
  } finally {
    if (writes) await deps.writers.leave(migration.id, migration.epoch, deps.holder);
  }
}

/**
 * A worker that slept through the end of its migration adds nothing to what is shown of it, and brings nothing back that a cancel cleared,
 * nor what is tried again since the spec was edited.
 */
function whileItCounts({ load }: RangeDeps, began: Migration, setAside: SetAside): SetAside {
  return {
    ...setAside,
    async put(key, entries) {
      const before = await load(began.id);
      if (before !== null && hasEnded(before)) return;
      await setAside.put(key, entries);
      const now = await load(began.id);
      if (now === null || isSamePhase(now, began)) return;
      if (now.phase === 'cancelled' || (began.isReversed && hasEnded(now))) await setAside.clear(key);
      else if (!began.isReversed && triesAgain(began.spec, now.spec)) await setAside.remove(key, idsIn(entries));
    },
  };
}

function triesAgain(before: Spec, after: Spec): boolean {
  return changesOf(before, after).some((change) => isTakenUp(change) && change.effect.retries !== undefined);
}

function idsIn(entries: readonly SetAsideEntry[]): PointId[] {
  return entries.map(({ id }) => id);
}

/** The list is of writes that came in the moment of a switch, so it is short. */
function lateIds(lateWrites: Pick<LateWrites, 'page'>, { id }: Migration) {
  return async () => {
    const found: PointId[] = [];
    for await (const late of lateWriteBatches(lateWrites, id))
      found.push(...late.filter(({ kind }) => kind === 'missing').map(({ id: point }) => point));
    return found;
  };
}

/** The comparison before the alias moved. */
function hashBefore({ ranges }: RangeDeps, { id, comparedPass }: Migration, { seq }: RangeRecord) {
  return async () => (comparedPass === null ? null : ranges.hashOf(id, comparedPass, seq));
}

function progressOf({ ranges, holder }: RangeDeps, { id }: Migration, { number }: Pass, { seq }: RangeRecord) {
  return async (next: PointId | null, delta: RangeDelta): Promise<void> => {
    const held =
      next === null ? await ranges.finish(id, number, seq, holder, delta) : await ranges.checkpoint(id, number, seq, holder, next, delta);
    if (!held) throw lost(id, number, seq);
  };
}

function divisionOf({ ranges, holder }: RangeDeps, { id }: Migration, { number }: Pass, { seq }: RangeRecord): RangeContext['divide'] {
  return async (division, delta) => {
    if (!(await ranges.divide(id, number, seq, holder, division, delta))) throw lost(id, number, seq);
  };
}

function lost(id: string, pass: number, seq: number): ReembedError {
  return new ReembedError('range-lost', `range ${seq} of pass ${pass} of ${id} is held by another worker`);
}

async function settle(deps: RangeDeps, began: Migration, job: RangeJob, error: unknown): Promise<RangeOutcome> {
  if (deps.signal.aborted) return { kind: 'interrupted' };
  const now = await deps.load(job.migrationId);
  // Paused, cancelled or taken over meanwhile: whatever went wrong (a closed fence answers 404) is no failure of the range.
  if (now === null || !isSamePhase(now, began) || isReembedError(error, 'range-lost')) return { kind: 'done' };
  // It has not failed: whoever holds it next looks again, however many times.
  if (isReembedError(error, 'batch-under-way')) return { kind: 'again', afterMs: error.retryAfterMs ?? 0, why: summarizeError(error) };
  const attempts = await deps.ranges.noteAttempt(job.migrationId, job.pass, job.seq, deps.holder);
  const verdict = decideRange(error, attempts);
  if (verdict.kind === 'again') return { ...verdict, why: summarizeError(error) };
  if (verdict.kind === 'fatal') await deps.ranges.reportFatal(job.migrationId, job.pass, summarizeError(error));
  else await deps.ranges.giveUp(job.migrationId, job.pass, job.seq, deps.holder, summarizeError(error));
  return { kind: 'done' };
}
