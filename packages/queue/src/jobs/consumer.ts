import type { JobKind, JobOf } from '@reembed/contracts';
import type { Job } from 'bullmq';
import { keysOf, type Namespace } from '../redis/keys.ts';
import { type Log, silentLog } from '../redis/log.ts';
import { isUnreachable } from '../redis/requests.ts';
import { defaultStalledIntervalMs, type LockOptions, queueToLookAt, workerOptions } from './bullmq-queues.ts';
import { createUndertaker } from './dead-letters.ts';
import { type OpenJob, readJob, WorkerOfAnything } from './read-job.ts';
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

export type ConsumerOptions<Kind extends JobKind> = ConsumerSettings & {
  readonly queue: string;
  readonly kind: Kind;
  readonly concurrency: number;
  /** Where jobs may be sealed. */
  readonly open?: OpenJob;
  readonly handle: (job: JobOf<Kind>, signal: AbortSignal) => Promise<Outcome>;
};

/** How long a job is left to newer processes before this one looks at it again, in ms. */
const leftToNewerMs = 5_000;

export type ConsumerOfQueue = Consumer & { setConcurrency(concurrency: number): void };

/** One BullMQ worker on one queue, whose jobs end only in the ways of Outcome. What is no job of its kind is kept apart, with why. */
export function startConsumer<Kind extends JobKind>(options: ConsumerOptions<Kind>): ConsumerOfQueue {
  const { redis, queue, log = silentLog } = options;
  // BullMQ's own signal misses a job that was being fetched when everything was cancelled; this one does not.
  const stopping = new AbortController();
  const bury = createUndertaker(options);
  const told = new Set<string>();

  async function work(job: Job, signal: AbortSignal): Promise<Outcome> {
    const read = await readJob(options.kind, job, options.open);
    if ('job' in read) return inItsTrace(redis, job, () => options.handle(read.job, signal));
    if ('dead' in read) {
      await bury(job, read.dead);
      log.error({ queue, job: job.id }, `a job ${read.dead}: it is taken out of its queue, and listed under dead letters`);
      return 'done';
    }
    if (!told.has(read.later)) log.warn({ queue, job: job.id }, `a job ${read.later}; it is left to those that are newer`);
    told.add(read.later);
    return { again: leftToNewerMs, why: read.later };
  }

  async function process(job: Job, token: string | undefined, cancelled: AbortSignal | undefined): Promise<void> {
    const signal = AbortSignal.any(cancelled === undefined ? [stopping.signal] : [stopping.signal, cancelled]);
    const outcome = signal.aborted ? 'interrupted' : await outcomeOf(work(job, signal), job, signal, log);
    await settleJob(job, token, outcome, log);
  }

  const worker = new WorkerOfAnything(
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
function keepWaking({
  redis,
  prefix,
  queue: name,
  stalledIntervalMs,
  log = silentLog,
}: ConsumerSettings & { readonly queue: string }): () => Promise<void> {
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

/**
 * As a part of the trace that the job was queued in. Not by BullMQ's worker, which has a span for every look at an empty queue, and one for each of the
 * looks that a stage takes five times a second.
 */
function inItsTrace<T>({ telemetry }: ConsumerSettings['redis'], { opts }: Job, work: () => Promise<T>): Promise<T> {
  const metadata = opts.telemetry?.metadata;
  if (telemetry === undefined || metadata === undefined) return work();
  const { contextManager } = telemetry;
  return contextManager.with(contextManager.fromMetadata(contextManager.active(), metadata), work);
}
