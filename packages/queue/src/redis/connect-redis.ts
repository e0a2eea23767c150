import { withoutSecrets } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';
import type { Telemetry } from 'bullmq';
import { Redis, type RedisOptions } from 'ioredis';
import { type Log, silentLog } from './log.ts';
import { answered } from './requests.ts';

export type ConnectOptions = {
  /** `redis://` or `rediss://`, with user, password and database where needed. */
  readonly url: string;
  /** How long the first connection may take, in ms. */
  readonly connectTimeoutMs?: number;
  /**
   * How long a request waits for a lost connection to come back before it fails with `redis-unreachable`, in ms. Short where a person
   * waits for a reply; a worker rides out a restart of Redis with some seconds.
   */
  readonly patienceMs?: number;
  readonly log?: Log;
  /** Whether jobs carry the trace that they were queued in. */
  readonly traced?: boolean;
};

/** The connections of one process to one Redis. */
export type RedisConnections = {
  /** For requests: fails when Redis stays away longer than `patienceMs`. */
  readonly requests: Redis;
  /** For BullMQ workers, which want to wait for ever. They make blocking connections of their own from it. */
  readonly patient: Redis;
  /** What jobs carry their trace by; undefined: they carry none. */
  readonly telemetry?: Telemetry | undefined;
  /** Calls `handler` with every message of the channel, again after a reconnect. Answers how to stop it. Messages can get lost. */
  subscribe(channel: string, handler: (message: string) => void): Promise<() => Promise<void>>;
  /** Closes everything; nothing here keeps the process alive afterwards. */
  close(): Promise<void>;
};

/** Connects, and throws ReembedError `redis-unreachable` when Redis does not answer in time. */
export async function connectRedis(options: ConnectOptions): Promise<RedisConnections> {
  const log = options.log ?? silentLog;
  const open = new Set<Redis>();
  const track = (redis: Redis): Redis => {
    open.add(redis);
    redis.once('end', () => open.delete(redis));
    return redis;
  };
  const requests = track(new Redis(options.url, requestOptions(options.patienceMs ?? 2_000)));
  tellOfLoss(requests, options.url, log);
  await firstAnswer(requests, options, log);
  const patient = track(new Redis(options.url, { ...common, maxRetriesPerRequest: null }));
  patient.on('error', ignore);
  return {
    requests,
    patient,
    telemetry: options.traced === true ? await jobTelemetry() : undefined,
    subscribe: createSubscriptions(() => {
      // No socket timeout here: a channel may be silent for days.
      const redis = track(new Redis(options.url, { ...common, maxRetriesPerRequest: null }));
      redis.on('error', ignore);
      return redis;
    }),
    async close() {
      await Promise.all([...open].map(closeConnection));
    },
  };
}

/** Loaded only where traces are on. */
async function jobTelemetry(): Promise<Telemetry> {
  const { BullMQOtel } = await import('bullmq-otel');
  return new BullMQOtel({ tracerName: 'reembed' });
}

function reconnectDelayMs(times: number): number {
  return Math.min(50 * times, 500);
}

const common = {
  retryStrategy: reconnectDelayMs,
  reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 2 : false),
  connectTimeout: 5_000,
  disableClientInfo: true,
} satisfies RedisOptions;

function requestOptions(patienceMs: number) {
  let retries = 0;
  for (let waited = 0; waited < patienceMs; retries++) waited += reconnectDelayMs(retries + 1);
  // The command timeout catches what retries do not: a Redis that takes the connection and stays silent.
  return { ...common, maxRetriesPerRequest: retries, commandTimeout: Math.max(patienceMs * 2, 10_000) };
}

async function firstAnswer(redis: Redis, { url, connectTimeoutMs = 5_000 }: ConnectOptions, log: Log): Promise<void> {
  const timeout = Promise.withResolvers<never>();
  let refusal: Error | null = null;
  redis.once('error', (error) => {
    refusal = error;
  });
  const late = () => timeout.reject(new Error(`no answer within ${connectTimeoutMs} ms`));
  // What came while this process was busy starting is read before it is called late.
  const timer = setTimeout(() => setImmediate(late), connectTimeoutMs);
  try {
    adviseOnEviction(await Promise.race([redis.info(), timeout.promise]), log);
  } catch (error) {
    redis.disconnect();
    const why = messageOf(refusal ?? error);
    throw new ReembedError(
      'redis-unreachable',
      `Redis at ${withoutSecrets(url)} did not answer: ${why}; is it running, and REDIS_URL right?`,
      {
        cause: error,
      },
    );
  } finally {
    clearTimeout(timer);
  }
}

function adviseOnEviction(info: string, log: Log): void {
  const policy = /maxmemory_policy:(\S+)/.exec(info)?.[1];
  if (policy === undefined || policy === 'noeviction') return;
  log.warn({ policy }, 'Redis may evict keys, and with them jobs and checkpoints: set maxmemory-policy to noeviction');
}

/** Says once that the connection is lost, and once that it is back. */
function tellOfLoss(redis: Redis, url: string, log: Log): void {
  let lost = false;
  redis.on('error', ignore);
  redis.on('reconnecting', () => {
    if (!lost) log.warn({ redis: withoutSecrets(url) }, 'the connection to Redis is lost; trying again');
    lost = true;
  });
  redis.on('ready', () => {
    if (lost) log.info({ redis: withoutSecrets(url) }, 'the connection to Redis is back');
    lost = false;
  });
}

function createSubscriptions(connect: () => Redis): RedisConnections['subscribe'] {
  const handlers = new Map<string, Set<(message: string) => void>>();
  let connection: Redis | null = null;
  const subscriber = () => {
    if (connection !== null) return connection;
    connection = connect();
    connection.on('message', (channel: string, message: string) => {
      for (const handler of handlers.get(channel) ?? []) handler(message);
    });
    return connection;
  };
  return async (channel, handler) => {
    const redis = subscriber();
    const mine = handlers.get(channel) ?? new Set();
    handlers.set(channel, mine.add(handler));
    await answered(redis.subscribe(channel));
    return async () => {
      mine.delete(handler);
      // A Redis that is away would keep it waiting for ever, and forgets the subscription anyway.
      if (mine.size === 0 && redis.status === 'ready') await redis.unsubscribe(channel).catch(ignore);
    };
  };
}

/** `quit` sends what is queued; a Redis that is away would keep it waiting, so it is cut off then. */
async function closeConnection(redis: Redis): Promise<void> {
  if (redis.status === 'ready') {
    const cut = setTimeout(() => redis.disconnect(), 1_000);
    await redis.quit().catch(ignore);
    clearTimeout(cut);
  }
  redis.disconnect();
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || ('code' in error ? String(error.code) : error.name);
}

function ignore(): void {}
