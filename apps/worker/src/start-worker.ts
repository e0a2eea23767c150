import { randomUUID } from 'node:crypto';
import type { ModelCallJob, RangeJob, WorkerSettings } from '@reembed/contracts';
import { createEmbedding, type ModelCatalogue, type Points, type TextSources } from '@reembed/core';
import { createModelCatalogue, createTextSources, inferenceHeaders, type ReembedConfig } from '@reembed/embedders';
import { createAdapterFiles } from '@reembed/learned-maps';
import type { AppOptions, Service } from '@reembed/process';
import { withNames, withSpan } from '@reembed/process/spans';
import { startStatusServer } from '@reembed/process/status-server';
import { watchModels } from '@reembed/process/watch-calls';
import {
  type BinaryRoad,
  createBinaryRoad,
  createQdrantCollections,
  createQdrantLateWrites,
  createQdrantPoints,
  createQdrantSetAside,
} from '@reembed/qdrant';
import { connectRedis, createModelCallConsumer, createRangeConsumers, createSeal, createState, createVectorCache } from '@reembed/queue';
import { createBudgets } from './budgets.ts';
import { countBudget, countPace, countWaits } from './counted-work.ts';
import { logBudget } from './logged-work.ts';
import { createMeters, type Meters } from './meters.ts';
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
  const redis = await connectRedis({ url: settings.redisUrl, patienceMs: 10_000, log, traced: settings.tracesUrl !== undefined });
  const common = {
    redis,
    prefix: settings.redisPrefix,
    lockDurationMs: settings.lockDurationMs,
    stalledIntervalMs: settings.stalledIntervalMs,
    log,
  };
  const seal = createSeal(settings.payloadKey);
  const limitsOf = (model: string) => parts.catalogue.facts(model)?.limits ?? null;
  const stored = createState({ redis, prefix: settings.redisPrefix, seal, limitsOf });
  // Asked once it serves ranges; before that nothing waits for it.
  let waiting = async () => 0;
  const meters = createMeters({ clock, concurrency: settings.concurrency, askRedis: stored.fleet.workers, waiting: () => waiting() });
  const { metrics, health } = meters;
  const parts = workerParts(options, meters);
  // Before work is taken: where its port is taken, it must not begin.
  const status = await startStatusServer({ settings, metrics, health: health.health, log }).catch(async (error: unknown) => {
    await redis.close();
    throw error;
  });
  const waits = createWaits(log, clock, countWaits(metrics));
  const state = {
    ...stored,
    rateBudget: countBudget(logBudget(stored.rateBudget, waits), meters),
    pace: countPace(stored.pace, meters),
  };
  const { points, binary, catalogue, textSources } = parts;
  const budgets = createBudgets({ state, catalogue });
  const cache =
    settings.vectorCacheMb === 0
      ? undefined
      : createVectorCache({ redis, prefix: settings.redisPrefix, seal }, settings.vectorCacheMb * 1e6);
  const embedding = createEmbedding({ catalogue, budget: state.rateBudget, clock, cache, sharesRequests: true });
  const qdrant = { collections: createQdrantCollections(qdrantOf(settings, meters)), points };
  const ranges = await createRangeHandler({
    ...{ state, budgets, embedding, textSources, clock, waits, metrics, health, log },
    ...{ setAside: createQdrantSetAside(qdrant), lateWrites: createQdrantLateWrites(qdrant) },
    roads: createRoads({ points, binary, log }),
    bm25: catalogue.bm25,
    learnedMaps: createAdapterFiles(settings.filesDir),
  });
  const serve = async (job: ModelCallJob, signal: AbortSignal) => embedding.serve(job, signal, await budgets.ofCall(job));
  const registration = await state.fleet.register(name);
  const modelCalls = createModelCallConsumer({
    ...common,
    seal,
    handler: (job, signal) => withSpan('model call', { attributes: { 'reembed.call': job.call } }, () => serve(job, signal)),
  });
  const rangeConsumers = await createRangeConsumers({
    ...common,
    concurrency: settings.concurrency,
    streamsOf: async (id) => (await state.migrations.load(id))?.spec.copy.streams ?? null,
    handler: (job, signal) => asRange(job, () => ranges.handle(job, signal)),
  });
  waiting = rangeConsumers.waiting;
  log.info({ worker: name, concurrency: settings.concurrency }, 'worker is ready');
  return {
    name,
    async stop() {
      await Promise.all([rangeConsumers.stop(settings.graceMs), modelCalls.stop(settings.graceMs)]);
      await ranges.stop();
      waits.close();
      await registration.stop().catch((error: unknown) => log.warn({ error: String(error) }, 'could not sign off'));
      await embedding.close();
      await status.stop();
      await redis.close();
      log.info({ worker: name }, 'worker has stopped');
    },
  };
}

/** What is logged and traced of a range says which it is. */
function asRange<T>({ migrationId: migration, pass, seq }: RangeJob, work: () => Promise<T>): Promise<T> {
  return withNames({ migration, pass, seq }, () => withSpan('range', {}, work));
}

function qdrantOf({ qdrantUrl: url, qdrantGrpcUrl: grpcUrl, qdrantApiKey: apiKey, requestTimeoutMs }: WorkerSettings, { watch }: Meters) {
  return { url, grpcUrl, apiKey, requestTimeoutMs, watch };
}

function workerParts({ settings, config, env, clock, instrument = (parts) => parts }: WorkerOptions, meters: Meters): WorkerParts {
  const points = createQdrantPoints({
    ...qdrantOf(settings, meters),
    connections: settings.concurrency * 8,
    inferenceHeaders: inferenceHeaders(config, env),
  });
  return instrument({
    points,
    binary: createBinaryRoad({ ...qdrantOf(settings, meters), rest: points }),
    catalogue: watchModels(createModelCatalogue({ config, env, modelsDir: settings.modelsDir }), meters.metrics, clock),
    textSources: createTextSources({ config, env, filesDir: settings.filesDir }),
  });
}
