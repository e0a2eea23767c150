import { type RangeJob, rangeJobSchema } from '@reembed/contracts';
import type { RedisConnections } from '../connect-redis.ts';
import { defaultPrefix, keysOf } from '../keys.ts';
import { type Log, silentLog } from '../log.ts';
import { type LockOptions, rangeQueueName } from './bullmq.ts';
import { createGate } from './gate.ts';
import type { Outcome } from './settle-job.ts';
import { shareSlots } from './share-slots.ts';
import { watchRangeQueues } from './watch-range-queues.ts';
import { type Consumer, type ConsumerOfQueue, startConsumer, within } from './worker-lifecycle.ts';

export type RangeConsumersOptions = LockOptions & {
  readonly redis: RedisConnections;
  readonly prefix?: string;
  /** Ranges at once in this process, over all migrations. */
  readonly concurrency: number;
  /** How many ranges of a migration this process may work on at once; null where the migration is not known (yet). */
  readonly streamsOf: (migrationId: string) => Promise<number | null>;
  /** The signal aborts when the process stops, another one has taken the job over, or the queue was removed. */
  readonly handler: (job: RangeJob, signal: AbortSignal) => Promise<Outcome>;
  /** How often to look for queues that no message told of, in ms. */
  readonly lookEveryMs?: number;
  readonly log?: Log;
};

type Open = { readonly consumer: ConsumerOfQueue; readonly streams: number; jobs: number };

/** Takes ranges from the queue of every announced migration, until stopped. */
export async function createRangeConsumers(options: RangeConsumersOptions): Promise<Consumer> {
  const { redis, concurrency, log = silentLog } = options;
  const keys = keysOf(options.prefix ?? defaultPrefix);
  const gate = createGate(concurrency);
  const open = new Map<string, Open>();
  const closing = new Set<Promise<boolean>>();
  let stopped = false;

  function share(): void {
    const queues = [...open].map(([id, { streams, jobs }]) => ({ id, streams, busy: jobs > 0 }));
    for (const [id, slots] of shareSlots(concurrency, queues)) open.get(id)?.consumer.setConcurrency(slots);
  }

  async function handle(id: string, data: unknown, signal: AbortSignal): Promise<Outcome> {
    const job = rangeJobSchema.parse(data);
    count(id, 1);
    try {
      return (await gate.inside(signal, () => options.handler(job, signal))) ?? 'interrupted';
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
      keys,
      log,
      queue: rangeQueueName(id),
      concurrency: 1,
      handle: (data, signal) => handle(id, data, signal),
    });
    open.set(id, { consumer, streams: Math.max(1, Math.min(streams, concurrency)), jobs: 0 });
    share();
    log.info({ migration: id, streams }, 'serving the ranges of a migration');
  }

  function drop(id: string): void {
    const entry = open.get(id);
    if (entry === undefined) return;
    open.delete(id);
    share();
    // Not bounded: nothing waits for it but stop(), which is.
    const closed = entry.consumer.stop(2 ** 31 - 1).catch(() => false);
    closing.add(closed);
    void closed.then(() => closing.delete(closed));
  }

  const unwatch = await watchRangeQueues({
    redis,
    keys,
    log,
    everyMs: options.lookEveryMs ?? 5_000,
    async onLook(announced) {
      for (const id of open.keys()) if (!announced.has(id)) drop(id);
      for (const id of announced) if (!open.has(id)) await add(id);
    },
  });

  async function handBack(graceMs: number): Promise<boolean> {
    const stopping = [...open.values()].map(({ consumer }) => consumer.stop(graceMs));
    const results = await Promise.all([...stopping, ...closing]);
    await unwatch();
    return results.every(Boolean);
  }

  return {
    name: 'ranges',
    async stop(graceMs) {
      stopped = true;
      return within(handBack(graceMs), graceMs);
    },
  };
}
