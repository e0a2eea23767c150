import type { MigrationEvent } from '@reembed/contracts';
import { type Events, type Migration, ReembedError, type Signals } from '@reembed/core';
import type { Redis } from 'ioredis';
import { blockingReadMs, type RedisConnections } from '../redis/connect-redis.ts';
import type { Keys } from '../redis/keys.ts';
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
    },
    follow(id, after, signal) {
      if (after !== null && !/^\d+(-\d+)?$/.test(after)) {
        throw new ReembedError('invalid-request', `event id ${after} is not one of this stream: leave it out to see only new events`);
      }
      // Looked up now and not at the first read, so that nothing published in between is missed.
      const start = after === null ? lastId(id) : Promise.resolve(after);
      start.catch(() => {});
      return readStream(redis, keys.events(id), start, signal);
    },
  };
}

async function* readStream(redis: RedisConnections, key: string, start: Promise<string>, signal: AbortSignal) {
  if (signal.aborted) return;
  const connection = redis.blocking();
  const disconnect = () => connection.disconnect();
  signal.addEventListener('abort', disconnect, { once: true });
  try {
    let position = await start;
    while (!signal.aborted) {
      for (const [id, fields] of await nextEntries(connection, key, position, signal)) {
        position = id;
        const event: MigrationEvent = JSON.parse(fields[1] ?? 'null');
        if (!signal.aborted) yield { id, event };
      }
    }
  } finally {
    signal.removeEventListener('abort', disconnect);
    disconnect();
  }
}

/** Waits for entries after `position`; none where the time is up, the signal aborts or the connection is being renewed. */
async function nextEntries(connection: Redis, key: string, position: string, signal: AbortSignal): Promise<[string, string[]][]> {
  try {
    const streams = await connection.xread('COUNT', 100, 'BLOCK', blockingReadMs, 'STREAMS', key, position);
    return streams?.[0]?.[1] ?? [];
  } catch (error) {
    if (signal.aborted || (isUnreachable(error) && connection.status !== 'end')) return [];
    throw error;
  }
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
