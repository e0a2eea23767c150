import { randomUUID } from 'node:crypto';
import { type Access, coordinatorSettingsSchema, type SpecInput } from '@reembed/contracts';
import { calculateHere, freshMemory } from '@reembed/core';
import { createReachOut } from '@reembed/embedders';
import { createMetrics } from '@reembed/process/metrics';
import { connectRedis, createDeliveries } from '@reembed/queue';
import {
  createFakeAdapters,
  createFakeAudit,
  createFakeCatalogue,
  createFakeClock,
  createFakeState,
  createFakeStores,
  createFakeTextSources,
  startTestRedis,
} from '@reembed/testkit';
import { type Logger, pino } from 'pino';
import { buildServer } from './build-server.ts';
import { measureFleet } from './fleet-metrics.ts';
import { type AccessSource, fixedAccess } from './people/access-source.ts';

const silent = pino({ level: 'silent' });

export type ServerSettings = {
  readonly bodyTimeoutMs?: number;
  readonly token?: string;
  readonly access?: Access | AccessSource;
  /** Hosts that specs may name. */
  readonly hosts?: string[];
  readonly boardWritable?: boolean;
  readonly log?: Logger;
};

export type StartedServer = Awaited<ReturnType<typeof startServer>>;

/** A spec that the collection of a started server fits. */
export const spec: SpecInput = {
  name: 'docs',
  source: { collection: 'docs_v1' },
  target: { collection: 'docs_v2', alias: 'docs' },
  vectors: { '': { embed: { model: 'fake/4', text: '{{body}}' } } },
};

/** What comes by loopback. */
export const host = { host: '127.0.0.1:8765' };

/** A Redis for Bull Board, and servers on it whose fleet is one in memory: the collection `docs_v1` with one point, and its alias `docs`. */
export async function startServers() {
  const server = await startTestRedis();
  const redis = await connectRedis({ url: server.url, log: silent });
  return {
    redis,
    prefix: server.prefix,
    start: (settings: ServerSettings = {}) => startServer(redis, server.prefix, settings),
    async [Symbol.asyncDispose]() {
      await redis.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

const notAsked = async () => Promise.reject(new Error('nobody freezes here'));

async function startServer(
  redis: Awaited<ReturnType<typeof connectRedis>>,
  redisPrefix: string,
  { log = silent, access, hosts = [], bodyTimeoutMs = 120_000, ...settings }: ServerSettings,
) {
  const stores = createFakeStores();
  await stores.collections.create('docs_v1', { vectors: { size: 2, distance: 'Dot' } });
  stores.put('docs_v1', [{ id: { kind: 'integer', id: '1' }, payload: '{"body":"hello"}', vectors: {} }]);
  await stores.collections.pointAlias('docs', 'docs_v1');
  const clock = createFakeClock();
  const state = createFakeState({ clock });
  const remembered = {
    ...freshMemory(),
  };
  const deps = {
    ...state,
    ...remembered,
    freezeHook: { hold: notAsked, release: notAsked },
    beforePhase: async () => undefined,
    calculate: calculateHere,
    collections: stores.collections,
    points: stores.points,
    searches: stores.searches,
    catalogue: createFakeCatalogue(),
    learnedMaps: createFakeAdapters(),
    textSources: createFakeTextSources(),
    clock,
    coordinatorName: () => 'here',
    endsWith: null,
    requestTimeoutMs: 1_000,
    newId: () => `m-${randomUUID().slice(0, 8)}`,
  };
  const audit = createFakeAudit();
  const defaults = { ...coordinatorSettingsSchema.parse({}), redisPrefix };
  const given = {
    access: access === undefined ? fixedAccess(null) : 'current' in access ? access : fixedAccess(access),
    settings: { ...defaults, ...settings },
    tls: null,
  };
  const metrics = createMetrics('coordinator');
  measureFleet(metrics, deps);
  const reachOut = createReachOut({ reach: { hosts, hubModels: [] } });
  const deliveries = createDeliveries({ redis, prefix: redisPrefix });
  const app = await buildServer({ deps, audit, deliveries, reachOut, redis, metrics, log, bodyTimeoutMs, ...given });
  return { app, audit, clock, state, stores, deps, [Symbol.asyncDispose]: () => app.close() };
}
