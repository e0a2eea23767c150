import type { Migration } from './migration.ts';

/*
 * How fast a migration may go, told by how long searches take.
 *
 * | state       | points a second        | it ends with |
 * |-------------|------------------------|--------------|
 * | measuring   | 0                      | 20 searches at rest: what is normal here; then `going` |
 * | going       | grows and shrinks      | two searches past criticalLatencyMs: `hibernating` |
 * | hibernating | 0                      | half a minute, then 20 searches that are fast again: `going`; else another half a minute |
 *
 * While it goes, it is AIMD (Chiu and Jain 1989), as TCP does: doubled until it was too much once, from then on a twentieth of what was too much is
 * added at a time, and three tenths are taken away whenever two of at most 20 searches took too long. That is the p95 of 20, the 19th of them,
 * known as soon as it cannot come out otherwise: a slow-down wants two searches, a rise all 20. Several migrations on one server come to equal
 * shares by it, without knowing of each other. A rate that nobody makes use of does not grow, or it would hold nobody back once that changes.
 */

export type LatencyLimits = { readonly maxMs: number | null; readonly criticalMs: number | null };

/** A search that was asked as production asks: how long it took, in ms, and of which collection. */
export type Canary = { readonly ms: number; readonly of: string };

export type Pacing = {
  readonly state: 'measuring' | 'going' | 'hibernating';
  /** Points a second that the fleet may read; null: as fast as it can. */
  readonly pointsPerSecond: number | null;
  /** The p95 at rest, in ms; null before it was measured. */
  readonly idleMs: number | null;
  /** The p95 of the last whole window, or of one that was too slow. */
  readonly lastMs: number | null;
  /** What has been asked since the last judgement. */
  readonly window: readonly Canary[];
  /** Nothing asked before this counts: what was under way by the old pace is still being felt. In monotonic ms. */
  readonly countsFrom: number;
  /** The rate that was too much last; null: none was yet, and it doubles. */
  readonly ceiling: number | null;
  /** When the window began, and how many points had been taken by then. */
  readonly since: Moment;
};

/** Monotonic ms, and all points taken so far. */
export type Moment = { readonly ms: number; readonly taken: number };

export const searchesToJudge = 20;
const tooMany = 2;
const firstPointsPerSecond = 500;
/** A migration that searches never let go would never end; this much nobody feels. */
export const leastPointsPerSecond = 50;
const decrease = 0.7;
/** Of the rate that was too much. */
const increase = 1 / 20;
/** As much of a rate has to be made use of for it to grow. */
const usedShare = 0.7;
const drainMs = 1_000;
export const hibernationMs = 30_000;

export function beginPacing(now: Moment): Pacing {
  const unknown = { idleMs: null, lastMs: null, window: [], ceiling: null };
  return { state: 'measuring', pointsPerSecond: 0, ...unknown, countsFrom: now.ms, since: now };
}

/** The pace after one more search. */
export function afterCanary(before: Pacing, canary: Canary, now: Moment, limits: LatencyLimits): Pacing {
  if (now.ms < before.countsFrom) return before;
  const window = [...before.window, canary];
  const seen = { ...before, window };
  const isOver = (limit: number | null) => limit !== null && window.filter(({ ms }) => ms > limit).length >= tooMany;
  if (before.state !== 'going') return window.length < searchesToJudge ? seen : afterRest(seen, now, limits);
  if (isOver(limits.criticalMs)) return judged(seen, now, { state: 'hibernating', pointsPerSecond: 0 }, hibernationMs);
  if (limits.maxMs === null) return window.length < searchesToJudge ? seen : judged(seen, now, { pointsPerSecond: null });
  if (isOver(limits.maxMs)) return slowedDown(seen, now);
  return window.length < searchesToJudge ? seen : grown(seen, now);
}

/** What searches took while nothing else was done. It goes on, however slow they are: past the critical limit alone it rests on. */
function afterRest(seen: Pacing, now: Moment, { maxMs, criticalMs }: LatencyLimits): Pacing {
  const ms = p95(seen.window);
  const idleMs = seen.idleMs === null ? ms : Math.min(ms, seen.idleMs);
  if (criticalMs !== null && ms > criticalMs) return judged(seen, now, { state: 'hibernating', pointsPerSecond: 0, idleMs }, hibernationMs);
  const again = seen.ceiling === null ? firstPointsPerSecond : Math.max(leastPointsPerSecond, seen.ceiling * decrease * decrease);
  return judged(seen, now, { state: 'going', idleMs, pointsPerSecond: maxMs === null ? null : again });
}

function slowedDown(seen: Pacing, now: Moment): Pacing {
  const rate = seen.pointsPerSecond ?? usedRate(seen, now);
  return judged(seen, now, { pointsPerSecond: Math.max(leastPointsPerSecond, rate * decrease), ceiling: rate }, drainMs);
}

function grown(seen: Pacing, now: Moment): Pacing {
  const rate = seen.pointsPerSecond ?? firstPointsPerSecond;
  if (usedRate(seen, now) < rate * usedShare) return judged(seen, now, { pointsPerSecond: rate });
  return judged(seen, now, { pointsPerSecond: seen.ceiling === null ? rate * 2 : rate + seen.ceiling * increase });
}

function usedRate({ since }: Pacing, { ms, taken }: Moment): number {
  return ms <= since.ms ? 0 : ((taken - since.taken) / (ms - since.ms)) * 1_000;
}

function judged(seen: Pacing, now: Moment, change: Partial<Pacing>, quietMs = 0): Pacing {
  return { ...seen, lastMs: p95(seen.window), window: [], countsFrom: now.ms + quietMs, since: now, ...change };
}

/** The second highest: of 20 that is the 19th. */
function p95(window: readonly Canary[]): number {
  const descending = window.map(({ ms }) => ms).sort((a, b) => b - a);
  return descending[Math.min(tooMany, descending.length) - 1] ?? 0;
}

/** The limits of searches by which the pace of a migration goes; null where it goes by none. */
export function latencyLimits({ spec: { throttle } }: Pick<Migration, 'spec'>): LatencyLimits | null {
  const { maxSearchLatencyMs: maxMs, criticalLatencyMs: criticalMs } = throttle;
  return maxMs === null && criticalMs === null ? null : { maxMs, criticalMs };
}

/** While writers may be held, or readers are being led back, what is slow holds them longer: nothing is throttled then. */
export function isThrottled({ phase }: Pick<Migration, 'phase'>): boolean {
  return phase !== 'switching' && phase !== 'rolling-back' && phase !== 'completing' && phase !== 'inserting-late';
}

/** Whether a coordinator has to say how fast it may go. */
export function isTold(migration: Pick<Migration, 'spec' | 'phase'>): boolean {
  const { maxDiskPercent, maxMemoryPercent } = migration.spec.throttle;
  return isThrottled(migration) && (latencyLimits(migration) !== null || maxDiskPercent !== null || maxMemoryPercent !== null);
}
