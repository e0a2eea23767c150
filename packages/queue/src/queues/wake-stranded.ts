import type { Queue } from 'bullmq';
import type { RedisConnections } from '../connect-redis.ts';
import { answered } from '../redis-error.ts';

/** Jobs looked at in one go, the furthest off first; more are found the next time. */
const batch = 100;

/** By how much a job's moment may lie past its delay, in ms: the clocks of machines differ a little. */
const toleranceMs = 1_000;

/** BullMQ orders delayed jobs by their moment in ms, shifted to leave room for a counter. */
const scorePerMs = 0x1000;

/**
 * Takes up delayed jobs whose moment is further off than the delay that was asked for: the clock that set it has been set back since, or
 * is another machine's and runs ahead. BullMQ keeps moments of the wall clock, and would let such a job sleep until it gets there.
 */
export async function wakeStranded({ requests }: RedisConnections, queue: Queue): Promise<void> {
  const jobs = (await answered(queue.getJobs(['delayed'], 0, batch - 1, false))).filter((job) => job !== undefined);
  if (jobs.length === 0) return;
  const scores = await answered(requests.zmscore(queue.toKey('delayed'), ...jobs.map((job) => job.id ?? '')));
  for (const [at, job] of jobs.entries()) {
    const dueMs = Number(scores[at] ?? 0) / scorePerMs;
    // One that somebody else has taken up meanwhile cannot be promoted, and need not be.
    if (dueMs - Date.now() > job.delay + toleranceMs) await answered(job.promote()).catch(() => undefined);
  }
}
