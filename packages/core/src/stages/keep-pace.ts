import type { Migration, Wait } from '../domain/migration.ts';
import { afterCanary, beginPacing, isTold, latencyLimits, type Moment } from '../domain/pacing.ts';
import { paceInWords } from '../domain/pacing-words.ts';
import { type CoordinatorDeps, note } from '../ports/coordinator-deps.ts';
import type { FeltPace } from '../ports/pace.ts';
import { askCanaries, drawCanaries } from './canaries.ts';

/** How long what is allowed holds without another look: past that a fleet whose coordinator is gone stands still, in ms. */
const allowedForMs = 10_000;
const lookAtServerMs = 10_000;

/**
 * One look at what production feels of a pass: asks a search of each side, and tells the fleet how fast it may go. Answers what it waits for
 * where nothing may be read; null where it goes on.
 */
export async function keepPace(deps: CoordinatorDeps, migration: Migration): Promise<Wait | null> {
  const { id } = migration;
  if (!isTold(migration)) {
    deps.paces.delete(id);
    return null;
  }
  const now = await momentOf(deps, id);
  const before = deps.paces.get(id) ?? unknown(now);
  const felt = await lookAtServer(deps, migration, await feel(deps, migration, before, now));
  deps.paces.set(id, felt);
  const why = felt.full ?? paceInWords(felt.pacing, latencyLimits(migration));
  const pointsPerSecond = felt.full === null ? felt.pacing.pointsPerSecond : 0;
  await deps.pace.allow(id, { pointsPerSecond, why }, allowedForMs);
  if (isSlower(before, felt) && felt.full === null) await note(deps, id, why);
  return pointsPerSecond === 0 ? { kind: 'throttle', reason: `for searches to be as fast as they are to be: ${why}` } : null;
}

function unknown(now: Moment): FeltPace {
  return { pacing: beginPacing(now), canaries: null, turn: 0, full: null, fullAt: Number.NEGATIVE_INFINITY };
}

async function momentOf({ pace, clock }: CoordinatorDeps, id: string): Promise<Moment> {
  return { taken: (await pace.standing(id))?.taken ?? 0, ms: clock.monotonicMs() };
}

/** Without limits of searches nobody asks any, and a side that has nothing to be asked holds nothing up. */
async function feel(deps: CoordinatorDeps, migration: Migration, before: FeltPace, now: Moment): Promise<FeltPace> {
  const limits = latencyLimits(migration);
  if (limits === null) return { ...before, pacing: { ...before.pacing, state: 'going', pointsPerSecond: null } };
  const canaries = await drawCanaries(deps, migration, before.canaries);
  const asked = await askCanaries(deps, canaries, before.turn);
  const pacing = asked.reduce((pace, canary) => afterCanary(pace, canary, { ...now, ms: deps.clock.monotonicMs() }, limits), before.pacing);
  const unheard = canaries.source.length + canaries.target.length === 0;
  return {
    ...before,
    canaries,
    turn: before.turn + 1,
    pacing: unheard ? { ...pacing, state: 'going', pointsPerSecond: null } : pacing,
  };
}

/** Every pass may bring points that are new, so each is held by a full server; what is only compared is, too: it is short, and simple. */
async function lookAtServer(deps: CoordinatorDeps, { spec: { throttle } }: Migration, felt: FeltPace): Promise<FeltPace> {
  const { maxDiskPercent, maxMemoryPercent } = throttle;
  if (maxDiskPercent === null && maxMemoryPercent === null) return { ...felt, full: null };
  const at = deps.clock.monotonicMs();
  if (at - felt.fullAt < lookAtServerMs) return felt;
  const { diskPercent, memoryPercent } = await deps.collections.usage();
  const over = [
    overInWords('the disk under its data', diskPercent, maxDiskPercent, 'throttle.maxDiskPercent'),
    overInWords('the memory it may have', memoryPercent, maxMemoryPercent, 'throttle.maxMemoryPercent'),
  ].filter((words) => words !== null);
  return { ...felt, fullAt: at, full: over.length === 0 ? null : `Qdrant ${over.join(', and ')}: make room, or raise the limit` };
}

function overInWords(of: string, used: number | null, most: number | null, field: string): string | null {
  return used === null || most === null || used < most ? null : `uses ${used} % of ${of}, and ${field} is ${most}`;
}

/** Told once: every time it takes something away, and when it stops. */
function isSlower({ pacing: before }: FeltPace, { pacing: now }: FeltPace): boolean {
  if (now.state === 'hibernating') return before.state !== 'hibernating';
  return now.state === 'going' && before.state === 'going' && (now.pointsPerSecond ?? Infinity) < (before.pointsPerSecond ?? Infinity);
}
