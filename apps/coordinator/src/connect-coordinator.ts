import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { CoordinatorSettings } from '@reembed/contracts';
import { type AuditTrail, type CoordinatorDeps, freshMemory, viewOf } from '@reembed/core';
import { createModelCatalogue, createReachOut, createTextSources, type ReembedConfig } from '@reembed/embedders';
import { createAdapterFiles } from '@reembed/learned-maps';
import type { AppOptions } from '@reembed/process';
import type { Metrics } from '@reembed/process/metrics';
import { watchQdrant } from '@reembed/process/watch-calls';
import {
  createQdrantAudit,
  createQdrantCollections,
  createQdrantLateWrites,
  createQdrantPoints,
  createQdrantRecords,
  createQdrantSearches,
  createQdrantSetAside,
  type QdrantAddress,
} from '@reembed/qdrant';
import {
  connectRedis,
  createDeliveries,
  createRangeQueue,
  createSeal,
  createStageQueue,
  createState,
  type RedisConnections,
  type State,
} from '@reembed/queue';
import { createForkedCalculate } from './calculating/forked-calculate.ts';
import { createHooks } from './hooks/hooks.ts';
import { createHttpFreezeHook } from './http-freeze-hook.ts';
import { logEvents, logMigrations } from './logged-state.ts';

export type CoordinatorOptions = AppOptions<CoordinatorSettings, ReembedConfig> & {
  /** For tests: stands between the stages and the outside, to look at or interrupt what they do. */
  readonly instrument?: (deps: CoordinatorDeps) => CoordinatorDeps;
};

/**
 * All that a server of the API is made of, with connections of its own: the coordinator has it, and the process that plans has it once more. `known`: the
 * address that people reach the coordinator by, once it is known. `metrics`: where requests to Qdrant are counted.
 */
export async function connectCoordinator(options: CoordinatorOptions, known: { readonly url: string }, metrics: Pick<Metrics, 'observe'>) {
  const { settings, config, env, clock, log, instrument = (deps) => deps } = options;
  const redis = await connectRedis({ url: settings.redisUrl, log, traced: settings.tracesUrl !== undefined });
  const state = createState({ redis, prefix: settings.redisPrefix, seal: createSeal(settings.payloadKey) });
  const reachOut = createReachOut(config);
  const deliveries = createDeliveries({ redis, prefix: settings.redisPrefix });
  const hooks = createHooks({
    ...{ hooks: config.hooks ?? [], env, reachOut, deliveries, clock, log },
    migrations: state.migrations,
    numbersOf: async (migration) => (await viewOf(deps, migration)).progress,
  });
  const deps: CoordinatorDeps = instrument({
    ...coordinatorDeps(options, redis, state, metrics),
    freezeHook: createHttpFreezeHook({ hooks: config.freezeHooks ?? [], env, reachOut }),
    beforePhase: hooks.beforePhase,
    coordinatorName: () => `${hostname()} (${known.url})`,
    endsWith: settings.endsWith ?? null,
  });
  return { deps, redis, state, hooks, reachOut, deliveries, audit: auditTrail(settings) };
}

function addressOf({ qdrantUrl: url, qdrantApiKey: apiKey, requestTimeoutMs }: CoordinatorSettings): QdrantAddress {
  return { url, apiKey, requestTimeoutMs };
}

/** Beside the stages' own connections: an act is written down however busy those are. */
function auditTrail(settings: CoordinatorSettings): AuditTrail {
  const qdrant = addressOf(settings);
  return createQdrantAudit({ collections: createQdrantCollections(qdrant), points: createQdrantPoints({ ...qdrant, connections: 1 }) });
}

function coordinatorDeps(
  { settings, config, env, clock, log }: CoordinatorOptions,
  redis: RedisConnections,
  state: State,
  metrics: Pick<Metrics, 'observe'>,
): Omit<CoordinatorDeps, 'coordinatorName' | 'endsWith' | 'freezeHook' | 'beforePhase'> {
  const qdrant = { ...addressOf(settings), watch: watchQdrant(metrics, clock) };
  const { redisPrefix: prefix, lockDurationMs, stalledIntervalMs } = settings;
  const collections = createQdrantCollections({ ...qdrant, grpcUrl: settings.qdrantGrpcUrl });
  const points = createQdrantPoints({ ...qdrant, connections: 8 });
  return {
    collections,
    points,
    migrations: logMigrations(state.migrations, log),
    ranges: state.ranges,
    setAside: createQdrantSetAside({ collections, points }),
    records: createQdrantRecords({ collections, points }),
    lateWrites: createQdrantLateWrites({ collections, points }),
    writers: state.writers,
    events: logEvents(state.events, log),
    modelCalls: state.modelCalls,
    gates: state.gates,
    searches: createQdrantSearches({ ...qdrant, connections: 4 }),
    signals: state.signals,
    pace: state.pace,
    searchTallies: state.searchTallies,
    fleet: state.fleet,
    providers: state.rateBudget,
    rangeQueue: createRangeQueue({ redis, prefix }),
    deadLetters: state.deadLetters,
    stageQueue: createStageQueue({ redis, prefix, lockDurationMs, stalledIntervalMs }),
    catalogue: createModelCatalogue({ config, env, modelsDir: settings.modelsDir }),
    learnedMaps: createAdapterFiles(settings.filesDir),
    textSources: createTextSources({ config, env, filesDir: settings.filesDir }),
    clock,
    calculate: createForkedCalculate(),
    requestTimeoutMs: settings.requestTimeoutMs,
    ...freshMemory(),
    newId: () => `m${randomBytes(6).toString('hex')}`,
  };
}
