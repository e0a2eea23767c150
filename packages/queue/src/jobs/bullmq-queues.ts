import type { DeadLetter, ModelCallJob, RangeJob, SealedJob, StageJob } from '@reembed/contracts';
import { type JobsOptions, Queue, type QueueOptions, type WorkerOptions } from 'bullmq';
import type { RedisConnections } from '../redis/connect-redis.ts';
import type { Keys } from '../redis/keys.ts';

export type RangeQueueOfBull = Queue<RangeJob, void, string>;

/** Times of locks, in ms. A job of a process that died is taken up after at most lockDurationMs + 2 × stalledIntervalMs. */
export type LockOptions = {
  readonly lockDurationMs?: number;
  readonly stalledIntervalMs?: number;
};

export const defaultLockDurationMs = 15_000;
export const defaultStalledIntervalMs = 5_000;

/** Nothing is kept of a job that has ended: our own records say what is done. BullMQ never tries again by itself, core decides that. */
const jobOptions: JobsOptions = { attempts: 1, removeOnComplete: true, removeOnFail: true };

/** The stream serves dashboards only. */
const keptQueueEvents = 200;

function queueOptions(redis: RedisConnections, keys: Keys): QueueOptions {
  return {
    connection: redis.requests,
    prefix: keys.bull,
    defaultJobOptions: jobOptions,
    streams: { events: { maxLen: keptQueueEvents } },
    ...(redis.telemetry === undefined ? {} : { telemetry: redis.telemetry }),
  };
}

/** One queue of stages for the whole fleet. The answered function makes the queue at its first call: making it already writes to Redis. */
export function stageQueue(redis: RedisConnections, keys: Keys): () => Queue<StageJob, void, string> {
  return once(() => quiet(new Queue<StageJob, void, string>(stageQueueName, queueOptions(redis, keys))));
}

/** One queue of model calls for the whole fleet. */
export function modelCallQueue(redis: RedisConnections, keys: Keys): () => Queue<ModelCallJob | SealedJob, void, string> {
  return once(() => quiet(new Queue<ModelCallJob | SealedJob, void, string>(modelCallQueueName, queueOptions(redis, keys))));
}

/** Jobs that nobody can work on. */
export function deadLetterQueue(redis: RedisConnections, keys: Keys): () => Queue<DeadLetter, void, string> {
  return once(() => quiet(new Queue<DeadLetter, void, string>(deadLetterQueueName, queueOptions(redis, keys))));
}

/** The queue of one migration. Making it writes nothing, so that looking at a removed queue does not bring it back. */
export function rangeQueue(redis: RedisConnections, keys: Keys, migrationId: string): RangeQueueOfBull {
  return queueToLookAt(redis, keys, rangeQueueName(migrationId));
}

/** A queue to look at: making it writes nothing. */
export function queueToLookAt(redis: RedisConnections, keys: Keys, name: string): Queue {
  return quiet(new Queue(name, { ...queueOptions(redis, keys), skipMetasUpdate: true }));
}

/** Bounds the queue's event stream, which a queue made without metadata leaves at BullMQ's 10,000. */
export async function trimEvents(queue: RangeQueueOfBull): Promise<void> {
  await queue.getBackend().setQueueMeta({ 'opts.maxLenEvents': String(keptQueueEvents) });
}

export const stageQueueName = 'stages';
export const modelCallQueueName = 'model-calls';
export const deadLetterQueueName = 'dead-letters';
export function rangeQueueName(migrationId: string): string {
  return `ranges-${migrationId}`;
}

export function workerOptions(redis: RedisConnections, keys: Keys, locks: LockOptions, concurrency: number): WorkerOptions {
  return {
    connection: redis.patient,
    prefix: keys.bull,
    concurrency,
    lockDuration: locks.lockDurationMs ?? defaultLockDurationMs,
    stalledInterval: locks.stalledIntervalMs ?? defaultStalledIntervalMs,
    // A stall says that a process died or froze, never that the job is bad.
    maxStalledCount: Number.MAX_SAFE_INTEGER,
    runRetryDelay: 1_000,
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 0 },
  };
}

/** The connection tells of its loss itself; a queue without a listener would throw. */
function quiet<Q extends { on(event: 'error', listener: () => void): unknown }>(queue: Q): Q {
  queue.on('error', () => {});
  return queue;
}

function once<T extends object>(make: () => T): () => T {
  let made: T | null = null;
  return () => {
    made ??= make();
    return made;
  };
}
