import { isReembedError } from '@reembed/core';
import { DelayedError, type Job, type Queue, WaitingError } from 'bullmq';
import type { RedisConnections } from '../redis/connect-redis.ts';
import type { Log } from '../redis/log.ts';
import { answered } from '../redis/requests.ts';

/**
 * How a handler may end a job: `done`; `interrupted`, so that any free worker takes it up at once; or the same job again after some ms, with
 * why, which stays with the job for whoever looks at its queue.
 * None but `done` ends the job, and none counts as an attempt.
 */
export type Outcome = 'done' | 'interrupted' | { readonly again: number; readonly why?: string };

/** After a defect: time to read the log, and no busy loop. */
const afterDefectMs = 5_000;

/** What a handler's promise comes to: an aborted one hands its job back, a defect is logged and tried again. */
export async function outcomeOf(work: Promise<Outcome>, job: Job, signal: AbortSignal, log: Log): Promise<Outcome> {
  try {
    return await work;
  } catch (error) {
    if (signal.aborted) return 'interrupted';
    if (isReembedError(error)) {
      log.warn({ queue: job.queueName, job: job.id, code: error.code }, `a job comes again in ${afterDefectMs / 1000} s: ${error.message}`);
      return { again: afterDefectMs, why: `${error.message} [${error.code}]` };
    }
    log.error(
      { err: error, queue: job.queueName, job: job.id },
      `a job failed in a way it should not; it comes again in ${afterDefectMs / 1000} s`,
    );
    return { again: afterDefectMs };
  }
}

/**
 * Carries an outcome out. Returns where the job is done, and otherwise throws what tells BullMQ to leave the job alone; never anything
 * else, because BullMQ would count that as a failure and drop the job.
 */
export async function settleJob(job: Job, token: string | undefined, outcome: Outcome, log: Log): Promise<void> {
  if (outcome === 'done') return;
  try {
    if (outcome === 'interrupted') await job.moveToWait(token);
    else {
      if (outcome.why !== undefined) await job.updateProgress({ why: outcome.why });
      await job.moveToDelayed(Date.now() + Math.max(0, outcome.again), token);
    }
  } catch (error) {
    // The lock is lost, or the queue was removed: the job is no longer ours to move. Where nobody holds it, it is found stalled.
    log.debug({ err: error, queue: job.queueName, job: job.id }, 'a job could not be handed back');
  }
  throw outcome === 'interrupted' ? new WaitingError() : new DelayedError();
}

/** Delayed jobs looked at in one go, the furthest off first; more are found the next time. */
const wakeBatch = 100;

/** By how much a job's moment may lie past its delay, in ms: the clocks of machines differ a little. */
const toleranceMs = 1_000;

/** BullMQ orders delayed jobs by their moment in ms, shifted to leave room for a counter. */
const scorePerMs = 0x1000;

/**
 * Takes up delayed jobs whose moment is further off than the delay that was asked for: the clock that set it has been set back since, or
 * is another machine's and runs ahead. BullMQ keeps moments of the wall clock, and would let such a job sleep until it gets there.
 */
export async function wakeStranded({ requests }: RedisConnections, queue: Queue): Promise<void> {
  const jobs = (await answered(queue.getJobs(['delayed'], 0, wakeBatch - 1, false))).filter((job) => job !== undefined);
  if (jobs.length === 0) return;
  const scores = await answered(requests.zmscore(queue.toKey('delayed'), ...jobs.map((job) => job.id ?? '')));
  for (const [at, job] of jobs.entries()) {
    const dueMs = Number(scores[at] ?? 0) / scorePerMs;
    // One that somebody else has taken up meanwhile cannot be promoted, and need not be.
    if (dueMs - Date.now() > job.delay + toleranceMs) await answered(job.promote()).catch(() => undefined);
  }
}
