import type { Migration, Scaling } from '../domain/migration.ts';
import { isAtCeiling } from './bound.ts';
import type { Load } from './load.ts';

/*
 * How many workers a migration has use for, found out by trying: begin with those that live, two at least, and try twice as many as long as that is worth it.
 *
 * | what is seen, a minute after as many workers as were wanted live | then                                        |
 * |--------------------------------------------------------------------|---------------------------------------------|
 * | it goes as fast as a throttle or a provider's limit lets it        | it stays                                    |
 * | nothing waits for a worker                                         | it stays                                    |
 * | more workers made it less than a tenth faster                      | back to as many as before, for this pass    |
 * | they made it less than a third of what they might have             | it stays, while that is so                  |
 * | else                                                               | twice as many, or what the limit has room for |
 *
 * What Qdrant takes is so found out as it is. Of one pass it goes down once at most, and never up again: what Kubernetes starts and stops by it does not
 * swing. Fewer may come than are wanted, because more are not allowed: then there is nothing to be learnt, and it stays.
 */

/** Workers of a migration of which nothing is known. */
const first = 2;
/** The rate goes by half a minute; as long again for it to settle. */
const settleMs = 60_000;
/** Room beyond a limit, so that it is reached. */
const slack = 1.05;

/** `workers`: that live. `now` in ms. */
export type Seen = { readonly load: Load; readonly workers: number; readonly now: number };

/** What the climb has come to. The same object where nothing has changed. */
export function climbed(before: Scaling | null, { load, workers, now }: Seen): Scaling | null {
  const { migration, progress } = load;
  const { pass } = migration;
  if (pass === null) return before;
  const at = new Date(now).toISOString();
  if (before?.pass !== pass.number)
    return { pass: pass.number, workers: before?.workers ?? Math.max(first, workers), since: at, before: null, done: false };
  const { pointsPerSecond } = progress;
  if (before.done || pointsPerSecond === null || migration.waiting !== null) return before;
  // A clock that was set back begins the minute anew.
  const settledMs = now - Date.parse(before.since);
  if (settledMs < 0 || workers < before.workers) return before.since === at ? before : { ...before, since: at };
  if (settledMs < settleMs || isAtCeiling(load)) return before;
  return judged(before, { load, pointsPerSecond, at });
}

function judged(before: Scaling, { load, pointsPerSecond, at }: { load: Load; pointsPerSecond: number; at: string }): Scaling {
  const tried = before.before;
  if (tried !== null) {
    const gain = pointsPerSecond / tried.pointsPerSecond - 1;
    const hoped = before.workers / tried.workers - 1;
    if (gain < 0.1) return { ...before, workers: tried.workers, since: at, done: true };
    if (gain < hoped / 3) return before;
  }
  if (load.queued === 0) return before;
  const { workers } = before;
  const room =
    load.ceiling === null ? Number.POSITIVE_INFINITY : Math.ceil((workers * slack * load.ceiling.pointsPerSecond) / pointsPerSecond);
  const next = Math.min(workers * 2, room, mostUseful(load));
  if (next <= workers) return before;
  return { ...before, workers: next, since: at, before: { workers, pointsPerSecond } };
}

/** More than these have nothing to do: ranges, and requests that the providers take at once. */
export function mostUseful({ migration, openRanges, requestsAtOnce }: Load): number {
  const { streams } = migration.spec.copy;
  const byRanges = Math.ceil(openRanges / streams);
  return Math.max(1, requestsAtOnce === null ? byRanges : Math.min(byRanges, Math.ceil(requestsAtOnce / streams)));
}

/** What a document says of it, where it says anything. */
export function scalingOf({ scaling }: Pick<Migration, 'scaling'>): Scaling | null {
  return scaling ?? null;
}
