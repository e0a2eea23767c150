import type { Finding, Verification } from '@reembed/contracts';
import { ReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import { isInPlace } from '../domain/recipes-of.ts';
import { setAsideKey } from '../domain/set-aside.ts';
import { sourceFilter } from '../domain/source-points.ts';
import { differencesIn, findingsInWords, reembed } from '../domain/words.ts';
import { measureGates, summaryOf, verdictLine } from '../gates/measure-gates.ts';
import { type CoordinatorDeps, isoNow, note } from '../ports/coordinator-deps.ts';
import { updateInPhase, updateWhereItStands } from '../ports/migration-document.ts';
import { closeFence } from './fence.ts';
import { type PassResult, runPass } from './run-pass.ts';
import type { Stage, StageResult } from './stage.ts';

/**
 * Compares both sides over everything, with nobody writing to the target. What a live source has changed since sends it to sync, unless
 * it is little enough for the passes that go on while it waits, or another round would not make it less: writers never stand still, and
 * the switch has a gate of its own. What no sync can mend wants a person. What is close enough has its gates measured.
 */
export const verify: Stage = async (deps, migration, signal) => {
  if (migration.gating !== null) return passGates(deps, migration, migration.gating.at, signal);
  if (migration.pass?.kind !== 'verify') await closeFence(deps, migration);
  const result = await comparePass(deps, migration);
  if (result.kind === 'again') return result;
  const { verification, differing } = result;
  if (isUnmended(migration, result)) throw cannotMend(verification);
  if (differencesIn(verification.findings) <= smallDifference(verification) || isAsSmallAsItGets(migration, verification))
    return toGates(deps, migration, { verification, differing });
  if (migration.syncRounds < migration.spec.sync.maxPasses || !onlyLive(migration, verification)) return toSync(migration, result);
  await note(
    deps,
    migration.id,
    `after ${migration.syncRounds} rounds of sync source and target still differ: ${findingsInWords(verification)}`,
  );
  return toGates(deps, migration, { verification, differing });
};

/**
 * Begins to measure the gates. They are measured once, and again on a word (`verify`): a switch that a busy source sends back to sync comes
 * by here again and again, and the numbers would be the same.
 */
async function toGates(deps: CoordinatorDeps, migration: Migration, change: Partial<Migration>): Promise<StageResult> {
  if (migration.gates !== null) return { kind: 'next', to: 'ready', change };
  await updateInPhase(deps, migration, { ...change, pass: null, gating: { at: isoNow(deps) } });
  return { kind: 'again', afterMs: 0 };
}

/** What was measured before a crash is found, and not measured twice. */
async function passGates(deps: CoordinatorDeps, migration: Migration, at: string, signal: AbortSignal): Promise<StageResult> {
  const stored = await deps.gates.load(migration.id);
  const measured = stored?.at === at ? { kind: 'measured' as const, gates: stored } : await measureGates(deps, migration, at, signal);
  if (measured.kind === 'again') return measured;
  await deps.gates.save(migration.id, measured.gates);
  const gates = summaryOf(measured.gates);
  await note(deps, migration.id, verdictLine(gates));
  return { kind: 'next', to: 'ready', change: { gates } };
}

/** A round of sync that read everything has passed, and the very same points, which read the same in the source as before it, differ in the same way. */
function isUnmended({ syncRounds, differing, watermark }: Migration, now: Compared): boolean {
  return syncRounds > 0 && watermark?.limited !== true && now.verification.findings.length > 0 && differing === now.differing;
}

function cannotMend(verification: Verification): ReembedError {
  return new ReembedError(
    'not-converging',
    `sync cannot mend ${findingsInWords(verification)}: nobody has changed them in the source since the last round, they were written to the target, and differ as before. ` +
      `Look at them on both sides: something else writes to the target, or it does not keep what it is sent. Stop that, or change the points, then resume; accepting late writes does not switch over them`,
  );
}

/** Differences that a writer makes between two readings; a target without a vector is none of them, but in place a new point is. */
const liveKinds: readonly Finding['kind'][] = ['missing', 'extra', 'payload-differs', 'vector-differs'];
const liveInPlace: readonly Finding['kind'][] = ['vector-missing'];

export function onlyLive({ spec }: Pick<Migration, 'spec'>, { findings }: Pick<Verification, 'findings'>): boolean {
  const live = isInPlace(spec) ? liveInPlace : liveKinds;
  return findings.every(({ kind }) => live.includes(kind));
}

/** A round of sync that read everything has left more than half of what there was before it: that is what writers do in the time of a round. */
function isAsSmallAsItGets(migration: Migration, now: Verification): boolean {
  const { syncRounds, watermark, verification: before } = migration;
  if (syncRounds === 0 || watermark?.limited === true || before === null || !onlyLive(migration, now)) return false;
  return differencesIn(now.findings) * 2 >= differencesIn(before.findings);
}

/** `differing`: what the points that differ hashed to; the same again is the same difference. */
export type Compared = {
  readonly kind: 'compared';
  readonly pass: number;
  readonly verification: Verification;
  readonly differing: string;
  /** As in PassResult. */
  readonly endedAfterMs: number;
};
export type Comparison = Compared | Extract<PassResult, { kind: 'again' }>;

/** One read-only pass with the exact counts of both sides. */
export async function comparePass(deps: CoordinatorDeps, migration: Migration): Promise<Comparison> {
  const result = await runPass(deps, migration, migration.isReversed ? 'reverse-verify' : 'verify');
  if (result.kind === 'again') return result;
  const [sourcePoints, targetPoints, setAside] = await Promise.all([
    deps.collections.count(migration.resolved.source, sourceFilter(migration.spec)),
    deps.collections.count(migration.spec.target.collection),
    deps.setAside.count(setAsideKey(migration)),
  ]);
  const at = isoNow(deps);
  const { points: compared, findings } = result.summary;
  const verification: Verification = { at, sourcePoints, targetPoints, compared, setAside: setAside.open + setAside.accepted, findings };
  await deps.events.publish(migration.id, { type: 'verified', at, verification });
  const { pass, summary, endedAfterMs } = result;
  return { kind: 'compared', pass: pass.number, verification, differing: summary.differing, endedAfterMs };
}

/**
 * One comparison that an act may go by: it ended within the longest time of a request. An older one, of a coordinator that was away or died,
 * is made again. Throws `not-converging` where that has been so `sync.maxPasses` times since a person's last word.
 */
export async function compareFreshly(deps: CoordinatorDeps, migration: Migration): Promise<Comparison> {
  const compared = await comparePass(deps, migration);
  if (compared.kind === 'again' || isFresh(deps, compared)) return compared;
  return compareAgain(deps, migration, 'the comparison is too old to go by: both sides are compared again');
}

/** Begins the comparison of a step anew. Throws `not-converging` where that has been so `sync.maxPasses` times since a person's last word. */
export async function compareAgain(
  deps: CoordinatorDeps,
  migration: Migration,
  why: string,
): Promise<Extract<PassResult, { kind: 'again' }>> {
  const syncRounds = migration.syncRounds + 1;
  if (syncRounds > migration.spec.sync.maxPasses) throw tooSlow(deps, migration);
  await note(deps, migration.id, why);
  await updateWhereItStands(deps, migration, { pass: null, syncRounds });
  return { kind: 'again', afterMs: 0 };
}

function isFresh({ clock, requestTimeoutMs }: CoordinatorDeps, { endedAfterMs }: Compared): boolean {
  return clock.monotonicMs() - endedAfterMs <= requestTimeoutMs;
}

/** Right before the act: whoever slept since the comparison was judged fresh would go by what was. The looks in between may take as long again. */
export function isStillFresh({ clock, requestTimeoutMs }: CoordinatorDeps, { endedAfterMs }: Compared): boolean {
  return clock.monotonicMs() - endedAfterMs <= 2 * requestTimeoutMs;
}

function tooSlow({ requestTimeoutMs }: CoordinatorDeps, { syncRounds }: Migration): ReembedError {
  return new ReembedError(
    'not-converging',
    `${syncRounds} times nothing could be done within ${requestTimeoutMs} ms of a comparison: Qdrant, or this coordinator, answers too slowly. ` +
      'Nothing was moved, and writers that were held go on. Give them room, then say the word again',
  );
}

/** What a source that is written to may differ by in the moment of a comparison: a thousandth, or ten points. */
function smallDifference({ sourcePoints }: Verification): number {
  return Math.max(10, Math.floor(sourcePoints / 1_000));
}

/** Back to sync after a comparison. Throws `not-converging` once that has been tried `sync.maxPasses` times on one word. */
export function toSync(migration: Migration, { verification, differing }: Compared): StageResult {
  const { id, phase } = migration;
  const syncRounds = migration.syncRounds + 1;
  if (syncRounds <= migration.spec.sync.maxPasses) return { kind: 'next', to: 'syncing', change: { verification, differing, syncRounds } };
  throw new ReembedError(
    'not-converging',
    `source and target still differ after ${migration.syncRounds} rounds of sync: ${findingsInWords(verification)}. Nothing was switched. ` +
      (phase === 'switching'
        ? `Slow the writers down, or freeze them (switch.freeze), and go on with ${reembed('resume', id, '--switch')}; or have what comes too late listed: ` +
          reembed('resume', id, '--switch', '--accept-late-writes')
        : `Slow the writers down, then ${reembed('resume', id)}`),
  );
}
