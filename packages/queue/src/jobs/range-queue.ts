import { jobName } from '@reembed/contracts';
import type { RangeQueue } from '@reembed/core';
import { keysOf, type Namespace } from '../redis/keys.ts';
import { type Log, silentLog } from '../redis/log.ts';
import { answered } from '../redis/requests.ts';
import { createWorkersLately } from '../state/fleet.ts';
import { type RangeQueueOfBull, rangeQueue, trimEvents } from './bullmq-queues.ts';
import { repeat } from './timers.ts';

/** Larger batches hold Redis and this process up for longer than anybody should wait. */
const jobsPerCall = 500;

/** Where ranges are enqueued: one queue a migration, announced to workers through a set and a channel. */
export function createRangeQueue({ redis, prefix }: Namespace): RangeQueue {
  const keys = keysOf(prefix);
  const queues = new Map<string, RangeQueueOfBull>();
  const queueOf = (id: string) => {
    const queue = queues.get(id) ?? rangeQueue(redis, keys, id);
    queues.set(id, queue);
    return queue;
  };
  const workersLately = createWorkersLately(redis, keys);
  const tell = (id: string) => answered(redis.requests.publish(keys.rangeQueuesChanged, id));

  return {
    async announce(id) {
      await answered(trimEvents(queueOf(id)));
      await answered(redis.requests.sadd(keys.rangeQueues, id));
      await tell(id);
    },
    async enqueue(jobs) {
      for (const [id, ofMigration] of Map.groupBy(jobs, (job) => job.migrationId)) {
        // An id that is still queued swallows its repetition.
        const bulk = ofMigration.map((job) => ({ name: jobName('range'), data: job, opts: { jobId: `${id}-${job.pass}-${job.seq}` } }));
        for (let at = 0; at < bulk.length; at += jobsPerCall) await answered(queueOf(id).addBulk(bulk.slice(at, at + jobsPerCall)));
      }
    },
    async pending(id) {
      const counts = await answered(queueOf(id).getJobCounts('waiting', 'prioritized', 'delayed', 'active'));
      return Object.values(counts).reduce((sum, count) => sum + count, 0);
    },
    waiting: (id) => answered(queueOf(id).getWaitingCount()),
    active: async (id) => ((await workersLately()) ? answered(queueOf(id).getActiveCount()) : 0),
    async remove(id) {
      // Workers leave first: what a worker does on a queue that is gone would bring parts of it back.
      await answered(redis.requests.srem(keys.rangeQueues, id));
      await tell(id);
      await answered(queueOf(id).obliterate({ force: true, count: 1_000 }));
      await queueOf(id).close();
      queues.delete(id);
    },
  };
}

export type FollowOptions = Namespace & {
  /** Also looks without being told, this often in ms, because pub/sub loses messages. Default: 5 s. */
  readonly lookEveryMs?: number;
  readonly log?: Log;
};

/** Calls `onLook` with the ids of all announced migrations, now and whenever they change, one call after the other. Answers how to stop. */
export async function followRangeQueues(
  { redis, prefix, lookEveryMs = 5_000, log = silentLog }: FollowOptions,
  onLook: (announced: ReadonlySet<string>) => Promise<void>,
): Promise<() => Promise<void>> {
  const keys = keysOf(prefix);
  const looks = repeat(
    lookEveryMs,
    async () => onLook(new Set(await answered(redis.requests.smembers(keys.rangeQueues)))),
    (error) => log.warn({ err: error }, 'could not look for range queues; trying again'),
  );
  const unsubscribe = await redis
    .subscribe(keys.rangeQueuesChanged, () => void looks.soon())
    .catch(async (error: unknown) => {
      await looks.stop();
      throw error;
    });
  await looks.soon();
  return async () => {
    const ended = looks.stop();
    await unsubscribe();
    await ended;
  };
}
