import type { RangeJob } from '@reembed/contracts';
import { isUnreadable } from '@reembed/core';
import { silentLog } from '../redis/log.ts';
import { rangeQueueName } from './bullmq-queues.ts';
import { type Consumer, type ConsumerOfQueue, type ConsumerSettings, startConsumer } from './consumer.ts';
import { createRangeQueue, type FollowOptions, followRangeQueues } from './range-queue.ts';
import type { Outcome } from './settle-job.ts';
import { createSlots, shareSlots } from './slots.ts';
import { within } from './timers.ts';

export type RangeConsumersOptions = ConsumerSettings &
  FollowOptions & {
    /** Ranges at once in this process, over all migrations. */
    readonly concurrency: number;
    /** How many ranges of a migration this process may work on at once; null where the migration is not known (yet). */
    readonly streamsOf: (migrationId: string) => Promise<number | null>;
    /** The signal aborts when the process stops, another one has taken the job over, or the queue was removed. */
    readonly handler: (job: RangeJob, signal: AbortSignal) => Promise<Outcome>;
  };

type Open = { readonly consumer: ConsumerOfQueue; streams: number; jobs: number };

export type RangeConsumers = Consumer & {
  /** Jobs that this process may take now, of all queues that it serves. */
  waiting(): Promise<number>;
};

/** Takes ranges from the queue of every announced migration, until stopped. */
export async function createRangeConsumers(options: RangeConsumersOptions): Promise<RangeConsumers> {
  const { concurrency, log = silentLog } = options;
  const running = createSlots(concurrency);
  const queues = createRangeQueue(options);
  const open = new Map<string, Open>();
  const closing = new Set<Promise<boolean>>();
  const unread = new Set<string>();
  let stopped = false;

  function share(): void {
    const queues = [...open].map(([id, { streams, jobs }]) => ({ id, streams, busy: jobs > 0 }));
    for (const [id, slots] of shareSlots(concurrency, queues)) open.get(id)?.consumer.setConcurrency(slots);
  }

  async function handle(id: string, job: RangeJob, signal: AbortSignal): Promise<Outcome> {
    count(id, 1);
    try {
      return (await running.inside(signal, () => options.handler(job, signal))) ?? 'interrupted';
    } finally {
      count(id, -1);
    }
  }

  /** Sharing changes only when a queue becomes busy or idle. */
  function count(id: string, change: 1 | -1): void {
    const entry = open.get(id);
    if (entry === undefined) return;
    entry.jobs += change;
    if (entry.jobs === 0 || (entry.jobs === 1 && change === 1)) share();
  }

  async function add(id: string): Promise<void> {
    const streams = await options.streamsOf(id);
    if (streams === null || stopped) return;
    const consumer = startConsumer({
      ...options,
      queue: rangeQueueName(id),
      kind: 'range',
      concurrency: 1,
      handle: (job, signal) => handle(id, job, signal),
    });
    open.set(id, { consumer, streams: bounded(streams), jobs: 0 });
    share();
    log.info({ migration: id, streams }, 'serving the ranges of a migration');
  }

  const bounded = (streams: number) => Math.max(1, Math.min(streams, concurrency));

  /** The migration may say otherwise by now. */
  async function lookAgain(id: string, entry: Open): Promise<void> {
    const streams = bounded((await options.streamsOf(id)) ?? entry.streams);
    if (streams === entry.streams || open.get(id) !== entry) return;
    entry.streams = streams;
    share();
    log.info({ migration: id, streams }, 'serving the ranges of a migration, by its new spec');
  }

  /** One whose document cannot be read stops no other. */
  async function follow(id: string): Promise<void> {
    const entry = open.get(id);
    try {
      await (entry === undefined ? add(id) : lookAgain(id, entry));
      unread.delete(id);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      if (!unread.has(id)) log.warn({ migration: id }, error.message);
      unread.add(id);
    }
  }

  function drop(id: string): void {
    const entry = open.get(id);
    if (entry === undefined) return;
    open.delete(id);
    share();
    log.info({ migration: id }, 'no longer serving the ranges of a migration');
    // Not bounded: nothing waits for it but stop(), which is.
    const closed = entry.consumer.stop(2 ** 31 - 1).catch(() => false);
    closing.add(closed);
    void closed.then(() => closing.delete(closed));
  }

  const unfollow = await followRangeQueues(options, async (announced) => {
    for (const id of open.keys()) if (!announced.has(id)) drop(id);
    for (const id of announced) await follow(id);
  });

  async function handBack(graceMs: number): Promise<boolean> {
    const stopping = [...open.values()].map(({ consumer }) => consumer.stop(graceMs));
    const results = await Promise.all([...stopping, ...closing]);
    await unfollow();
    return results.every(Boolean);
  }

  return {
    name: 'ranges',
    async waiting() {
      const counts = await Promise.all([...open.keys()].map(queues.waiting));
      return counts.reduce((sum, count) => sum + count, 0);
    },
    async stop(graceMs) {
      stopped = true;
      return within(handBack(graceMs), graceMs);
    },
  };
}
