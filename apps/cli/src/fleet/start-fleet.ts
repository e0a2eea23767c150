import { type EnsuredRedis, ensureRedis } from '@reembed/queue';
import { keepRunning } from './keep-running.ts';
import { mainOf } from './main-of.ts';
import { type LogLine, startChild } from './start-child.ts';

/** A coordinator and workers of our own, with a Redis where none is given. */
export type Fleet = AsyncDisposable & {
  /** The coordinator's address. */
  readonly url: string;
  readonly redisUrl: string;
  /** Process ids of coordinator and workers, as they are now. */
  pids(): number[];
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
  await using starting = new AsyncDisposableStack();
  const redis = starting.use(await startRedisFor(options));
  if (options.verbose) options.err(`Redis: ${redis.origin} at ${new URL(redis.url).host}`);
  const env = { ...options.env, QDRANT_URL: options.qdrantUrl, REDIS_URL: redis.url };
  const onLog = (line: LogLine) => showLog(options, line);
  const host = options.host ?? '127.0.0.1';
  const coordinator = keepRunning((before) => {
    const port = before === null ? (options.port ?? 0) : new URL(before).port;
    const own = { ...env, REEMBED_HOST: host, REEMBED_PORT: String(port) };
    return startChild({ name: 'coordinator', main: mainOf('@reembed/coordinator'), env: own, onLog });
  }, options.err);
  const workers = Array.from({ length: options.workers }, (_, at) =>
    keepRunning(() => startChild({ name: `worker ${at + 1}`, main: mainOf('@reembed/worker'), env, onLog }), options.err),
  );
  const started = await Promise.allSettled([coordinator, ...workers]);
  const running = started.flatMap((child) => (child.status === 'fulfilled' ? [child.value] : []));
  for (const child of running) starting.defer(() => child.stop());
  for (const child of started) if (child.status === 'rejected') throw child.reason;
  const lost = Promise.race(running.map((child) => child.lost));
  lost.catch(() => {});
  const rest = starting.move();
  return {
    url: (await coordinator).ready,
    redisUrl: redis.url,
    pids: () => running.map((child) => child.pid()),
    lost,
    async [Symbol.asyncDispose]() {
      // Workers together, while what they sign off from still stands.
      await Promise.all(running.slice(1).map((child) => child.stop()));
      await rest.disposeAsync();
    },
  };
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
