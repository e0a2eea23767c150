import { EventEmitter, on } from 'node:events';
import { coordinatorSettingsSchema, type MigrationEvent, migrationEventSchema } from '@reembed/contracts';
import { startCoordinator } from '@reembed/coordinator';
import type { CoordinatorDeps } from '@reembed/core';
import { createLog, systemClock } from '@reembed/process';
import { startRedis } from '@reembed/queue';

/** A fleet without workers, its coordinator in this process, on a Redis of its own. */
export type BenchFleet = {
  readonly coordinatorUrl: string;
  readonly redisUrl: string;
  /** The environment of a worker, or another coordinator, of this fleet. */
  readonly workerEnv: Readonly<Record<string, string>>;
  /** The first event of a migration from now on that is the one. */
  told(id: string, isIt: (event: MigrationEvent) => boolean): Promise<MigrationEvent>;
};

export type BenchFleetOptions = {
  readonly qdrantUrl: string;
  readonly grpcUrl: string | undefined;
  readonly requestTimeoutMs?: number;
  /** Stands between the stages and the outside. */
  readonly instrument?: (deps: CoordinatorDeps) => CoordinatorDeps;
};

const usualTimeoutMs = 60_000;

/** Starts one; it ends with the stack. */
export async function startBenchFleet(
  stack: AsyncDisposableStack,
  { qdrantUrl, grpcUrl, requestTimeoutMs = usualTimeoutMs, instrument = (deps) => deps }: BenchFleetOptions,
): Promise<BenchFleet> {
  const redis = stack.use(await startRedis());
  const fleet = { qdrantUrl, qdrantGrpcUrl: grpcUrl, redisUrl: redis.url, redisPrefix: '{reembed-bench}', requestTimeoutMs };
  const happened = new EventEmitter().setMaxListeners(0);
  const coordinator = await startCoordinator({
    settings: coordinatorSettingsSchema.parse({ ...fleet, port: 0 }),
    config: { models: {} },
    env: {},
    log: createLog('bench', 'error'),
    clock: systemClock,
    instrument: (deps) => instrument(overheard(deps, happened)),
  });
  stack.defer(() => coordinator.stop());
  return {
    coordinatorUrl: coordinator.url,
    redisUrl: redis.url,
    workerEnv: {
      QDRANT_URL: qdrantUrl,
      QDRANT_GRPC_URL: grpcUrl ?? '',
      REDIS_URL: fleet.redisUrl,
      REEMBED_REDIS_PREFIX: fleet.redisPrefix,
      REEMBED_REQUEST_TIMEOUT_MS: String(requestTimeoutMs),
    },
    async told(id, isIt) {
      for await (const [of, event] of on(happened, 'event') as AsyncIterable<[string, MigrationEvent]>)
        if (of === id && isIt(event)) return event;
      throw new Error('nobody tells anything any more');
    },
  };
}

function overheard(deps: CoordinatorDeps, happened: EventEmitter): CoordinatorDeps {
  return {
    ...deps,
    events: {
      ...deps.events,
      async publish(id, event) {
        happened.emit('event', id, migrationEventSchema.parse(event));
        await deps.events.publish(id, event);
      },
    },
  };
}
