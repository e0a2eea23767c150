import { type EnsuredRedis, ensureRedis } from '@reembed/queue';
import { keepRunning, type LogLine, mainOf, startChild } from './child.ts';
import { thisProcess } from './ownership.ts';

/** A coordinator and workers of our own, with a Redis where none is given. */
export type Fleet = AsyncDisposable & {
  /** The coordinator's address. */
  readonly url: string;
  readonly redisUrl: string;
  /** Rejects when a process died again and again. */
  readonly lost: Promise<never>;
};

export type FleetOptions = {
  /** Passed on to every process; REDIS_URL, where it is set, names the Redis. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly qdrantUrl: string;
  readonly workers: number;
  /** Default: loopback, on a free port. */
  readonly host?: string;
  readonly port?: number;
  readonly verbose: boolean;
  readonly err: (line: string) => void;
};

/**
 * Starts Redis, coordinator and workers; they end in the opposite order, and all of them when this process ends, however it ends.
 * A Redis of our own begins empty: where a migration is, its target's metadata says, and submitting its spec goes on there.
 */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const redis = await startRedisFor(options);
  if (options.verbose) options.err(`Redis: ${redis.origin} at ${new URL(redis.url).host}`);
  const { coordinator, workers } = await startProcesses(options, redis).catch(async (error: unknown) => {
    await redis[Symbol.asyncDispose]();
    throw error;
  });
  const running = [coordinator, ...workers];
  const lost = Promise.race(running.map((child) => child.lost));
  lost.catch(() => {});
  return {
    url: coordinator.ready,
    redisUrl: redis.url,
    lost,
    async [Symbol.asyncDispose]() {
      // Workers together, while what they sign off from still stands.
      await Promise.all(workers.map((worker) => worker.stop()));
      await coordinator.stop();
      await redis[Symbol.asyncDispose]();
    },
  };
}

/** All at once; where one does not start, those that did are ended. */
async function startProcesses(options: FleetOptions, { url, origin }: EnsuredRedis) {
  const endsWith = origin === 'given' ? undefined : thisProcess();
  const env = { ...options.env, QDRANT_URL: options.qdrantUrl, REDIS_URL: url, REEMBED_ENDS_WITH: endsWith };
  const onLog = (line: LogLine) => showLog(options, line);
  const host = options.host ?? '127.0.0.1';
  const coordinator = keepRunning((before) => {
    const port = before === null ? (options.port ?? 0) : new URL(before).port;
    const own = { ...env, REEMBED_HOST: host, REEMBED_PORT: String(port) };
    return startChild({ name: 'coordinator', main: mainOf('@reembed/coordinator'), env: own, onLog });
  }, options.err);
  // Several on one machine share no port.
  const ofWorker = { ...env, REEMBED_STATUS_PORT: '0' };
  const workers = Array.from({ length: options.workers }, (_, at) =>
    keepRunning(() => startChild({ name: `worker ${at + 1}`, main: mainOf('@reembed/worker'), env: ofWorker, onLog }), options.err),
  );
  const started = await Promise.allSettled([coordinator, ...workers]);
  const failed = started.find((child) => child.status === 'rejected');
  if (failed === undefined) return { coordinator: await coordinator, workers: await Promise.all(workers) };
  await Promise.all(started.map((child) => (child.status === 'fulfilled' ? child.value.stop() : undefined)));
  throw failed.reason;
}

function startRedisFor({ env, err }: FleetOptions): Promise<EnsuredRedis> {
  const say = (_details: object, text: string) => err(text);
  const log = { debug: () => {}, info: say, warn: say, error: say };
  return ensureRedis({ url: env.REDIS_URL, appendOnly: false, log });
}

/** Everything where it was asked for; otherwise errors. What is no log line is a warning of Node's, or a crash, which is told at the end. */
function showLog({ verbose, err }: FleetOptions, { name, raw, level, text }: LogLine): void {
  if (verbose) err(`${name}: ${raw}`);
  else if (level === 50) err(`${name}: ${text}`);
}
