import type { Queue } from 'bullmq';
import type { RedisConnections } from '../connect-redis.ts';
import { defaultPrefix, keysOf } from '../keys.ts';
import { type Log, silentLog } from '../log.ts';
import { modelCallQueue, rangeQueue, stageQueue } from './bullmq.ts';
import { watchRangeQueues } from './watch-range-queues.ts';

export type BoardQueue = {
  /** `stages`, `model calls`, or the migration's id. */
  readonly title: string;
  readonly queue: Queue;
};

export type BoardQueuesOptions = {
  readonly redis: RedisConnections;
  readonly prefix?: string;
  /** Called for every queue there is, then for each as it comes and goes. */
  readonly onQueue: (change: 'added' | 'removed', queue: BoardQueue) => void;
  readonly lookEveryMs?: number;
  readonly log?: Log;
};

/** The queues as BullMQ objects, for a dashboard. Answers how to stop. */
export async function followBoardQueues(options: BoardQueuesOptions): Promise<{ stop(): Promise<void> }> {
  const { redis, onQueue } = options;
  const keys = keysOf(options.prefix ?? defaultPrefix);
  onQueue('added', { title: 'stages', queue: stageQueue(redis, keys)() });
  onQueue('added', { title: 'model calls', queue: modelCallQueue(redis, keys)() });
  const shown = new Map<string, BoardQueue>();

  const stop = await watchRangeQueues({
    redis,
    keys,
    log: options.log ?? silentLog,
    everyMs: options.lookEveryMs ?? 5_000,
    async onLook(announced) {
      for (const [id, gone] of shown) {
        if (announced.has(id)) continue;
        shown.delete(id);
        onQueue('removed', gone);
      }
      for (const id of announced) {
        if (shown.has(id)) continue;
        const added = { title: id, queue: rangeQueue(redis, keys, id) };
        shown.set(id, added);
        onQueue('added', added);
      }
    },
  });
  return { stop };
}
