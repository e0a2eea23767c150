import type { Queue } from 'bullmq';
import { keysOf } from '../redis/keys.ts';
import { modelCallQueue, rangeQueue, stageQueue } from './bullmq-queues.ts';
import { type FollowOptions, followRangeQueues } from './range-queue.ts';

export type BoardQueue = {
  /** `stages`, `model calls`, or the migration's id. */
  readonly title: string;
  readonly queue: Queue;
};

export type BoardQueuesOptions = FollowOptions & {
  /** Called for every queue there is, then for each as it comes and goes. */
  readonly onQueue: (change: 'added' | 'removed', queue: BoardQueue) => void;
};

/** The queues as BullMQ objects, for a dashboard. Answers how to stop. */
export async function followBoardQueues({ onQueue, ...options }: BoardQueuesOptions): Promise<{ stop(): Promise<void> }> {
  const { redis, prefix } = options;
  const keys = keysOf(prefix);
  onQueue('added', { title: 'stages', queue: stageQueue(redis, keys)() });
  onQueue('added', { title: 'model calls', queue: modelCallQueue(redis, keys)() });
  const shown = new Map<string, BoardQueue>();

  const stop = await followRangeQueues(options, async (announced) => {
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
  });
  return { stop };
}
