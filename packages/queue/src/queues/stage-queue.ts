import { type StageJob, stageJobSchema } from '@reembed/contracts';
import type { StageQueue } from '@reembed/core';
import type { RedisConnections } from '../connect-redis.ts';
import { defaultPrefix, keysOf } from '../keys.ts';
import { type Log, silentLog } from '../log.ts';
import { answered } from '../redis-error.ts';
import { type LockOptions, stageQueue, stageQueueName } from './bullmq.ts';
import type { Outcome } from './settle-job.ts';
import { type Consumer, startConsumer } from './worker-lifecycle.ts';

/** Where stages are enqueued. The same phase of the same migration is one job, however often it is asked for. */
export function createStageQueue({ redis, prefix = defaultPrefix }: { redis: RedisConnections; prefix?: string }): StageQueue {
  const queue = stageQueue(redis, keysOf(prefix));
  return {
    async enqueue(job) {
      await answered(queue().add('stage', job, { jobId: `${job.migrationId}-${job.phaseNumber}` }));
    },
  };
}

export type StageConsumerOptions = LockOptions & {
  readonly redis: RedisConnections;
  readonly prefix?: string;
  /** Stages at once in this process. */
  readonly concurrency?: number;
  readonly log?: Log;
  /** Runs a step of a stage. The signal aborts when the process stops or another one has taken the job over. */
  readonly handler: (job: StageJob, signal: AbortSignal) => Promise<Outcome>;
};

/** Takes stages from the queue, until stopped. */
export function createStageConsumer(options: StageConsumerOptions): Consumer {
  return startConsumer({
    ...options,
    keys: keysOf(options.prefix ?? defaultPrefix),
    queue: stageQueueName,
    concurrency: options.concurrency ?? 4,
    log: options.log ?? silentLog,
    handle: (data, signal) => options.handler(stageJobSchema.parse(data), signal),
  });
}
