import type { Queue } from 'bullmq';
import { keysOf } from '../redis/keys.ts';
import { deadLetterQueue, modelCallQueue, rangeQueue, stageQueue } from './bullmq-queues.ts';
import { type FollowOptions, followRangeQueues } from './range-queue.ts';

export type BoardQueue = {
  /** `stages`, `model calls`, `dead letters`, or the migration's id. */
  readonly title: string;
  /** Whose ranges it holds; null where it belongs to the fleet. */
  readonly migrationId: string | null;
  readonly queue: Queue;
};

export type BoardQueuesOptions = FollowOptions & {
  /** Called for every queue there is, then for each as it comes and goes. */
  readonly onQueue: (change: 'added' | 'removed', queue: BoardQueue) => Promise<void>;
};

/** The queues as BullMQ objects, for a dashboard. Answers how to stop. */
export async function followBoardQueues({ onQueue, ...options }: BoardQueuesOptions): Promise<{ stop(): Promise<void> }> {
  const { redis, prefix } = options;
  const keys = keysOf(prefix);
  await onQueue('added', { title: 'stages', migrationId: null, queue: stageQueue(redis, keys)() });
  await onQueue('added', { title: 'model calls', migrationId: null, queue: modelCallQueue(redis, keys)() });
  await onQueue('added', { title: 'dead letters', migrationId: null, queue: deadLetterQueue(redis, keys)() });
  const shown = new Map<string, BoardQueue>();

  const stop = await followRangeQueues(options, async (announced) => {
    for (const [id, gone] of shown) {
      if (announced.has(id)) continue;
      shown.delete(id);
      await onQueue('removed', gone);
    }
    for (const id of announced) {
      if (shown.has(id)) continue;
      const added = { title: id, migrationId: id, queue: rangeQueue(redis, keys, id) };
      await onQueue('added', added);
      shown.set(id, added);
    }
  });
  return { stop };
}
