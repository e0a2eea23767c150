import { setTimeout as sleep } from 'node:timers/promises';
import { type Job, Worker } from 'bullmq';
import type { RedisConnections } from '../connect-redis.ts';
import type { Keys } from '../keys.ts';
import type { Log } from '../log.ts';
import { isUnreachable } from '../redis-error.ts';
import { defaultStalledIntervalMs, type LockOptions, quietQueue, workerOptions } from './bullmq.ts';
import { type Outcome, outcomeOf, settleJob } from './settle-job.ts';
import { wakeStranded } from './wake-stranded.ts';

export type Consumer = {
  readonly name: string;
  /**
   * Stops fetching, aborts the signals of jobs in hand and waits until they are handed back. False where that took longer than
   * `graceMs`: then the process should end, and the jobs are found stalled.
   */
  stop(graceMs: number): Promise<boolean>;
};

export type ConsumerOptions = LockOptions & {
  readonly redis: RedisConnections;
  readonly keys: Keys;
  readonly queue: string;
  readonly concurrency: number;
  readonly log: Log;
  readonly handle: (data: unknown, signal: AbortSignal) => Promise<Outcome>;
};

export type ConsumerOfQueue = Consumer & { setConcurrency(concurrency: number): void };

/** One BullMQ worker on one queue, whose jobs end only in the ways of Outcome. */
export function startConsumer(options: ConsumerOptions): ConsumerOfQueue {
  const { redis, keys, queue, log } = options;
  // BullMQ's own signal misses a job that was being fetched when everything was cancelled; this one does not.
  const stopping = new AbortController();

  async function process(job: Job, token: string | undefined, cancelled: AbortSignal | undefined): Promise<void> {
    const signal = AbortSignal.any(cancelled === undefined ? [stopping.signal] : [stopping.signal, cancelled]);
    const outcome = signal.aborted ? 'interrupted' : await outcomeOf(options.handle(job.data, signal), job, signal, log);
    await settleJob(job, token, outcome, log);
  }

  const worker = new Worker(
    queue,
    (job, token, signal) => process(job, token, signal),
    workerOptions(redis, keys, options, options.concurrency),
  );
  worker.on('error', (error) => {
    // The connection tells of its loss itself. A lost lock and a job that was removed are everyday.
    log.debug({ err: error, queue }, isUnreachable(error) ? 'Redis is away' : 'BullMQ reports an error');
  });
  worker.on('lockRenewalFailed', (jobs) => {
    log.warn({ queue, jobs }, 'the lock of a job was lost: another worker may hold it now, so work on it stops here');
    for (const job of jobs) worker.cancelJob(job, 'the lock of this job was lost');
  });
  worker.on('stalled', (job) => log.info({ queue, job }, 'a job was left behind by a worker that died; it is taken up again'));

  const stopWaking = keepAwake(options);

  return {
    name: queue,
    setConcurrency(concurrency) {
      worker.concurrency = Math.max(1, concurrency);
    },
    async stop(graceMs) {
      const closed = Promise.all([worker.close(), stopWaking()]).then(() => true);
      stopping.abort(new Error('the worker stops'));
      return within(closed, graceMs);
    },
  };
}

/** Looks for stranded jobs as often as BullMQ does for stalled ones. Answers how to stop. */
function keepAwake({ redis, keys, queue: name, stalledIntervalMs = defaultStalledIntervalMs, log }: ConsumerOptions): () => Promise<void> {
  const queue = quietQueue(redis, keys, name);
  const look = () =>
    wakeStranded(redis, queue).catch((error: unknown) => log.debug({ err: error, queue: name }, 'could not look for stranded jobs'));
  let looking = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(look);
  }, stalledIntervalMs);
  return async () => {
    clearInterval(timer);
    await looking;
    await queue.close();
  };
}

/** False where the promise takes longer than `ms`. */
export async function within(done: Promise<boolean>, ms: number): Promise<boolean> {
  const timer = new AbortController();
  const late = sleep(ms, false, { signal: timer.signal }).catch(() => false);
  const result = await Promise.race([done, late]);
  timer.abort();
  return result;
}
