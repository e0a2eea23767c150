import { randomUUID } from 'node:crypto';
import type { WorkerSettings } from '@reembed/contracts';
import { createEmbedding, type ModelCatalogue, type Points, type TextSources } from '@reembed/core';
import { createModelCatalogue, createTextSources, inferenceHeaders, type ReembedConfig } from '@reembed/embedders';
import { createAdapterFiles } from '@reembed/learned-maps';
import type { AppOptions, Service } from '@reembed/process';
import {
  type BinaryRoad,
  createBinaryRoad,
  createQdrantCollections,
  createQdrantLateWrites,
  createQdrantPoints,
  createQdrantSetAside,
} from '@reembed/qdrant';
import { connectRedis, createModelCallConsumer, createRangeConsumers, createState } from '@reembed/queue';
import { logBudget } from './logged-work.ts';
import { createRangeHandler } from './range-handler.ts';
import { createRoads } from './roads.ts';
import { createWaits } from './waits.ts';

/** `points`: over REST; `binary`: the same over gRPC. */
export type WorkerParts = {
  readonly points: Points;
  readonly binary: BinaryRoad;
  readonly catalogue: ModelCatalogue;
  readonly textSources: TextSources;
};

export type WorkerOptions = AppOptions<WorkerSettings, ReembedConfig> & {
  /** For tests and benches: stands between the work on ranges and the outside, to look at, interrupt or replace what it uses. */
  readonly instrument?: (parts: WorkerParts) => WorkerParts;
};

/** Connects and begins to take jobs: ranges of every migration, and model calls. Throws `redis-unreachable`. */
export async function startWorker(options: WorkerOptions): Promise<Service> {
  const { settings, log, clock } = options;
  const name = `worker-${randomUUID().slice(0, 8)}`;
  const redis = await connectRedis({ url: settings.redisUrl, patienceMs: 10_000, log });
  const { points, binary, catalogue, textSources } = workerParts(options);
  const limitsOf = (model: string) => catalogue.facts(model)?.limits ?? null;
  const waits = createWaits(log, clock);
  const stored = createState({ redis, prefix: settings.redisPrefix, limitsOf });
  const state = { ...stored, rateBudget: logBudget(stored.rateBudget, waits) };
  const embedding = createEmbedding({ catalogue, budget: state.rateBudget, clock });
  const qdrant = { collections: createQdrantCollections(qdrantOf(settings)), points };
  const [setAside, lateWrites] = [createQdrantSetAside(qdrant), createQdrantLateWrites(qdrant)];
  const ranges = await createRangeHandler({
    ...{
      state,
      roads: createRoads({ points, binary, log }),
      setAside,
      lateWrites,
      catalogue,
      embedding,
      bm25: catalogue.bm25,
      textSources,
      clock,
      waits,
      log,
    },
    learnedMaps: createAdapterFiles(settings.filesDir),
  });
  const common = {
    redis,
    prefix: settings.redisPrefix,
    lockDurationMs: settings.lockDurationMs,
    stalledIntervalMs: settings.stalledIntervalMs,
    log,
  };
  const registration = await state.fleet.register(name);
  const modelCalls = createModelCallConsumer({ ...common, handler: embedding.serve });
  const rangeConsumers = await createRangeConsumers({
    ...common,
    concurrency: settings.concurrency,
    streamsOf: async (id) => (await state.migrations.load(id))?.spec.copy.streams ?? null,
    handler: ranges.handle,
  });
  log.info({ worker: name, concurrency: settings.concurrency }, 'worker is ready');
  return {
    name,
    async stop() {
      await Promise.all([rangeConsumers.stop(settings.graceMs), modelCalls.stop(settings.graceMs)]);
      await ranges.stop();
      waits.close();
      await registration.stop().catch((error: unknown) => log.warn({ error: String(error) }, 'could not sign off'));
      await embedding.close();
      await redis.close();
      log.info({ worker: name }, 'worker has stopped');
    },
  };
}

function qdrantOf({ qdrantUrl: url, qdrantGrpcUrl: grpcUrl, qdrantApiKey: apiKey, requestTimeoutMs }: WorkerSettings) {
  return { url, grpcUrl, apiKey, requestTimeoutMs };
}

function workerParts({ settings, config, env, instrument = (parts) => parts }: WorkerOptions): WorkerParts {
  const points = createQdrantPoints({
    ...qdrantOf(settings),
    connections: settings.concurrency * 8,
    inferenceHeaders: inferenceHeaders(config, env),
  });
  return instrument({
    points,
    binary: createBinaryRoad({ ...qdrantOf(settings), rest: points }),
    catalogue: createModelCatalogue({ config, env, modelsDir: settings.modelsDir }),
    textSources: createTextSources({ config, env, filesDir: settings.filesDir }),
  });
}
