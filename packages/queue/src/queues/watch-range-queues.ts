import type { RedisConnections } from '../connect-redis.ts';
import type { Keys } from '../keys.ts';
import type { Log } from '../log.ts';
import { answered } from '../redis-error.ts';

export type WatchOptions = {
  readonly redis: RedisConnections;
  readonly keys: Keys;
  readonly log: Log;
  /** Also looks without being told, this often in ms, because pub/sub loses messages. */
  readonly everyMs: number;
  /** Called with all announced migrations, one call after the other. */
  readonly onLook: (announced: ReadonlySet<string>) => Promise<void>;
};

/** Follows the set of announced range queues. Answers how to stop. */
export async function watchRangeQueues({ redis, keys, log, everyMs, onLook }: WatchOptions): Promise<() => Promise<void>> {
  let stopped = false;
  let looking: Promise<void> = Promise.resolve();
  let queued = false;

  async function look(): Promise<void> {
    queued = false;
    if (stopped) return;
    try {
      await onLook(new Set(await answered(redis.requests.smembers(keys.rangeQueues))));
    } catch (error) {
      log.warn({ err: error }, 'could not look for range queues; trying again');
    }
  }

  /** One look at a time; one more is enough for any number of messages that come meanwhile. */
  function lookSoon(): void {
    if (queued || stopped) return;
    queued = true;
    looking = looking.then(look);
  }

  const unsubscribe = await redis.subscribe(keys.rangeQueuesChanged, lookSoon);
  const timer = setInterval(lookSoon, everyMs);
  lookSoon();
  await looking;
  return async () => {
    stopped = true;
    clearInterval(timer);
    await unsubscribe();
    await looking;
  };
}
