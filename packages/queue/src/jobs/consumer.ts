import { type Job, Worker } from 'bullmq';
import { keysOf, type Namespace } from '../redis/keys.ts';
import { type Log, silentLog } from '../redis/log.ts';
import { isUnreachable } from '../redis/requests.ts';
import { defaultStalledIntervalMs, type LockOptions, queueToLookAt, workerOptions } from './bullmq-queues.ts';
import { type Outcome, outcomeOf, settleJob, wakeStranded } from './settle-job.ts';
import { repeat, within } from './timers.ts';

export type Consumer = {
  readonly name: string;
  /**
   * Stops fetching, aborts the signals of jobs in hand and waits until they are handed back. False where that took longer than
   * `graceMs`: then the process should end, and the jobs are found stalled.
   */
  stop(graceMs: number): Promise<boolean>;
};

/** What every consumer is told by the process it runs in. */
export type ConsumerSettings = LockOptions & Namespace & { readonly log?: Log };

export type ConsumerOptions = ConsumerSettings & {
  readonly queue: string;
  readonly concurrency: number;
  readonly handle: (data: unknown, signal: AbortSignal) => Promise<Outcome>;
};

export type ConsumerOfQueue = Consumer & { setConcurrency(concurrency: number): void };

/** One BullMQ worker on one queue, whose jobs end only in the ways of Outcome. */
export function startConsumer(options: ConsumerOptions): ConsumerOfQueue {
  const { redis, queue, log = silentLog } = options;
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
    workerOptions(redis, keysOf(options.prefix), options, options.concurrency),
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

  const stopWaking = keepWaking(options);

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

/** Wakes stranded jobs, looking for them as often as BullMQ does for stalled ones. Answers how to stop. */
function keepWaking({ redis, prefix, queue: name, stalledIntervalMs, log = silentLog }: ConsumerOptions): () => Promise<void> {
  const queue = queueToLookAt(redis, keysOf(prefix), name);
  const looks = repeat(
    stalledIntervalMs ?? defaultStalledIntervalMs,
    () => wakeStranded(redis, queue),
    (error) => log.debug({ err: error, queue: name }, 'could not look for stranded jobs'),
  );
  return async () => {
    await looks.stop();
    await queue.close();
  };
}
