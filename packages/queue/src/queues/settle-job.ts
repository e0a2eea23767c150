import { DelayedError, type Job, WaitingError } from 'bullmq';
import type { Log } from '../log.ts';

/**
 * How a handler may end a job: `done`; `interrupted`, so that whoever is free takes it up at once; or the same job again after some ms.
 * None but `done` ends the job, and none counts as an attempt.
 */
export type Outcome = 'done' | 'interrupted' | { readonly again: number };

/** After a defect: time to read the log, and no busy loop. */
const afterDefectMs = 5_000;

/** What a handler's promise comes to: an aborted one hands its job back, a defect is logged and tried again. */
export async function outcomeOf(work: Promise<Outcome>, job: Job, signal: AbortSignal, log: Log): Promise<Outcome> {
  try {
    return await work;
  } catch (error) {
    if (signal.aborted) return 'interrupted';
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
    else await job.moveToDelayed(Date.now() + Math.max(0, outcome.again), token);
  } catch (error) {
    // The lock is lost, or the queue was removed: the job is no longer ours to move. Where nobody holds it, it is found stalled.
    log.debug({ err: error, queue: job.queueName, job: job.id }, 'a job could not be handed back');
  }
  throw outcome === 'interrupted' ? new WaitingError() : new DelayedError();
}
