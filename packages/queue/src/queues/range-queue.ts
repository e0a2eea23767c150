import type { RangeQueue } from '@reembed/core';
import type { RedisConnections } from '../connect-redis.ts';
import { defaultPrefix, keysOf } from '../keys.ts';
import { answered } from '../redis-error.ts';
import { type RangeQueueOfBull, rangeQueue, trimEvents } from './bullmq.ts';

/** Larger batches hold Redis and this process up for longer than anybody should wait. */
const jobsPerCall = 500;

/** Where ranges are enqueued: one queue a migration, known to workers through a set and a channel. */
export function createRangeQueue({ redis, prefix = defaultPrefix }: { redis: RedisConnections; prefix?: string }): RangeQueue {
  const keys = keysOf(prefix);
  const queues = new Map<string, RangeQueueOfBull>();
  const queueOf = (id: string) => {
    const queue = queues.get(id) ?? rangeQueue(redis, keys, id);
    queues.set(id, queue);
    return queue;
  };
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
        const bulk = ofMigration.map((job) => ({ name: 'range', data: job, opts: { jobId: `${id}-${job.pass}-${job.seq}` } }));
        for (let at = 0; at < bulk.length; at += jobsPerCall) await answered(queueOf(id).addBulk(bulk.slice(at, at + jobsPerCall)));
      }
    },
    async pending(id) {
      const counts = await answered(queueOf(id).getJobCounts('waiting', 'prioritized', 'delayed', 'active'));
      return Object.values(counts).reduce((sum, count) => sum + count, 0);
    },
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
