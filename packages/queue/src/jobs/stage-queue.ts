import { jobName, type StageJob } from '@reembed/contracts';
import type { StageQueue } from '@reembed/core';
import { keysOf, type Namespace } from '../redis/keys.ts';
import { answered } from '../redis/requests.ts';
import { defaultLockDurationMs, defaultStalledIntervalMs, type LockOptions, stageQueue, stageQueueName } from './bullmq-queues.ts';
import { type Consumer, type ConsumerSettings, startConsumer } from './consumer.ts';
import type { Outcome } from './settle-job.ts';

/** Where stages are enqueued. The same phase of the same migration is one job, however often it is asked for. */
export function createStageQueue({ redis, prefix, ...locks }: Namespace & LockOptions): StageQueue {
  const keys = keysOf(prefix);
  const queue = stageQueue(redis, keys);
  const { lockDurationMs = defaultLockDurationMs, stalledIntervalMs = defaultStalledIntervalMs } = locks;
  return {
    async enqueue(job) {
      await answered(queue().add(jobName('stage'), job, { jobId: idOf(job) }));
    },
    async leftBehind(job) {
      if ((await answered(queue().getJobState(idOf(job)))) !== 'active') return null;
      const leftMs = await redis.requests.pttl(`${keys.bull}:${stageQueueName}:${idOf(job)}:lock`);
      // Who lives renews it at half its time.
      return leftMs >= lockDurationMs / 2 ? null : Math.max(0, leftMs) + 2 * stalledIntervalMs;
    },
  };
}

function idOf({ migrationId, phaseNumber }: StageJob): string {
  return `${migrationId}-${phaseNumber}`;
}

export type StageConsumerOptions = ConsumerSettings & {
  /** Stages at once in this process. */
  readonly concurrency?: number;
  /** Runs a step of a stage. The signal aborts when the process stops or another one has taken the job over. */
  readonly handler: (job: StageJob, signal: AbortSignal) => Promise<Outcome>;
};

/** Takes stages from the queue, until stopped. */
export function createStageConsumer({ handler, concurrency = 4, ...settings }: StageConsumerOptions): Consumer {
  return startConsumer({
    ...settings,
    queue: stageQueueName,
    kind: 'stage',
    concurrency,
    handle: handler,
  });
}
