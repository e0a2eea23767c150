import { migrationEventSchema } from '@reembed/contracts';
import { type Events, type Migration, ReembedError, type Signals } from '@reembed/core';
import type { Redis } from 'ioredis';
import type { RedisConnections } from '../redis/connect-redis.ts';
import type { Keys } from '../redis/keys.ts';
import { parsedJson } from '../redis/parsed-json.ts';
import { answered, isUnreachable } from '../redis/requests.ts';

/** About as many events as a reader may miss before it has to look at the migration itself. */
const keptEvents = 1_000;

/** What happened to a migration: a Redis stream, whose ids are those of the server-sent events. */
export function createEvents(redis: RedisConnections, keys: Keys): Events {
  const { requests } = redis;

  async function lastId(id: string): Promise<string> {
    const [last] = await answered(requests.xrevrange(keys.events(id), '+', '-', 'COUNT', 1));
    return last?.[0] ?? '0-0';
  }

  return {
    async publish(id, event) {
      await answered(requests.xadd(keys.events(id), 'MAXLEN', '~', keptEvents, '*', 'event', JSON.stringify(event)));
      await answered(requests.publish(keys.published, id));
    },
    follow(id, after, signal) {
      if (after !== null && !/^\d{1,18}(-\d{1,18})?$/.test(after)) {
        throw new ReembedError('invalid-request', `event id ${after} is not one of this stream: leave it out to see only new events`);
      }
      // Looked up now and not at the first read, so that nothing published in between is missed.
      const start = after === null ? lastId(id) : Promise.resolve(after);
      start.catch(() => {});
      return readStream(redis, keys, id, start, signal);
    },
  };
}

/** Between two looks at a stream of which nothing is heard: messages get lost, and versions before told of no event, in ms. */
const lookEveryMs = 2_000;

const perLook = 100;

/**
 * What stands in a stream after `start`, and what comes. All readers of a process share two connections: they are told that there is something to
 * read, and read without waiting.
 */
async function* readStream({ requests, subscribe }: RedisConnections, keys: Keys, id: string, start: Promise<string>, signal: AbortSignal) {
  const bell = createBell(signal);
  const listening = subscribe(keys.published, (told) => told === id && bell.ring());
  // What came while it was not heard yet.
  listening.then(bell.ring, () => undefined);
  try {
    let position = await start;
    while (!signal.aborted) {
      const entries = await readAfter(requests, keys.events(id), position);
      for (const [at, fields] of entries) {
        position = at;
        // One that this version does not know, or that is damaged, is none.
        const { data: event } = migrationEventSchema.safeParse(parsedJson(fields[1] ?? ''));
        if (event !== undefined && !signal.aborted) yield { id: at, event };
      }
      if (entries.length === 0) await bell.heard(lookEveryMs);
    }
  } finally {
    void listening.then((stop) => stop()).catch(() => undefined);
  }
}

/** None where Redis is away: it is asked again. */
async function readAfter(requests: Redis, key: string, position: string): Promise<[string, string[]][]> {
  try {
    return await requests.xrange(key, `(${position}`, '+', 'COUNT', perLook);
  } catch (error) {
    if (isUnreachable(error)) return [];
    throw error;
  }
}

/** Waits for a ring: one that comes while nobody waits is heard by whoever waits next. */
function createBell(signal: AbortSignal) {
  let rung = false;
  let wake = () => {};
  const ring = () => {
    rung = true;
    wake();
  };
  signal.addEventListener('abort', ring, { once: true });
  return {
    ring,
    async heard(atMostMs: number): Promise<void> {
      if (!rung && !signal.aborted) {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        const timer = setTimeout(resolve, atMostMs);
        await promise;
        clearTimeout(timer);
      }
      rung = false;
    },
  };
}

export type Moved = Pick<Migration, 'id' | 'phase' | 'epoch'>;

export type SignalsWithListener = Signals & {
  /** Calls `handler` when a migration has moved. Pub/sub loses messages: to be sure, look at the document from time to time too. */
  onMoved(handler: (moved: Moved) => void): Promise<() => Promise<void>>;
};

export function createSignals(redis: RedisConnections, keys: Keys): SignalsWithListener {
  return {
    async moved({ id, phase, epoch }) {
      await answered(redis.requests.publish(keys.moved, JSON.stringify({ id, phase, epoch })));
    },
    onMoved(handler) {
      return redis.subscribe(keys.moved, (message) => handler(JSON.parse(message)));
    },
  };
}
