import type { Lag } from '@reembed/contracts';
import type { Migration } from '../domain/migration.ts';
import { isInPlace } from '../domain/recipes-of.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';

/*
 * A pass over everything is the only way to see an edit, and it costs what it reads. So a migration that waits rests four times as long as a pass took,
 * five seconds at least; and where nothing changes, twice as long each time from the third quiet pass on, but not past 500 times as long as a pass took: a five-hundredth of a
 * core. At least ten minutes and at most an hour, so an edit is seen within an hour and a pass, whatever the size. Points
 * that came or went are seen sooner: the source's own count is looked at every half a minute.
 */

/** Between two looks of a migration that is about to act, in ms. */
export const lookMs = 500;
const countEveryMs = 30_000;
const shortestRestMs = 5_000;
const quietRest = { from: 2, passes: 500, leastMs: 600_000, mostMs: 3_600_000 };

type Waiting = Pick<Migration, 'lag' | 'verification' | 'approval' | 'spec'>;

/** How long it is still to rest, in ms. A last pass that lies ahead is one of a clock that was set back: nobody waits for that moment to come. */
export function restLeftMs({ lag, verification }: Pick<Migration, 'lag' | 'verification'>, nowMs: number): number {
  const last = lag?.at ?? verification?.at;
  const restedMs = last === undefined ? Number.POSITIVE_INFINITY : nowMs - Date.parse(last);
  return restedMs < 0 ? 0 : Math.max(0, restMs(lag) - restedMs);
}

/** A document of an older version counts no quiet passes. */
function restMs(lag: (Omit<Lag, 'quietPasses'> & Partial<Lag>) | null): number {
  const { tookMs = 0, quietPasses = 0 } = lag ?? {};
  const usual = Math.max(shortestRestMs, 4 * tookMs);
  const longest = Math.max(usual, Math.min(quietRest.mostMs, Math.max(quietRest.leastMs, quietRest.passes * tookMs)));
  return Math.min(longest, usual * 2 ** Math.max(0, quietPasses - quietRest.from));
}

/** When to look again: soon where it acts by itself as soon as nothing stands in the way, and else when there is something to see. */
export function lookAfterMs({ approval, spec, lag }: Waiting, restLeft: number): number {
  if (approval !== null || (spec.switch.mode === 'auto' && !isInPlace(spec))) return lookMs;
  return Math.max(lookMs, Math.min(restLeft, lag === null ? shortestRestMs : countEveryMs));
}

/** Whether the source has another number of points than at the first look of this rest. One that cannot be told is none. */
export async function hasOtherPoints(
  { restCounts, collections, clock }: CoordinatorDeps,
  { id: of, lag, resolved, isReversed }: Migration,
): Promise<boolean> {
  if (lag === null) return false;
  const id = isReversed ? `${of} reversed` : of;
  const now = clock.monotonicMs();
  const before = restCounts.get(id);
  if (before?.restOf === lag.at && now - before.at < countEveryMs) return false;
  const points = (await collections.describe(resolved.source))?.pointsCount ?? null;
  restCounts.set(id, { restOf: lag.at, at: now, points: before?.restOf === lag.at ? before.points : points });
  return before?.restOf === lag.at && points !== before.points;
}
