import type { CoordinatorDeps, ModelCallResult } from '@reembed/core';
import { createQdrantLateWrites, createQdrantRecords, createQdrantSetAside } from '@reembed/qdrant';
import type { Caller, ServerName } from '../engine/calls.ts';
import type { SimProcess } from '../engine/process.ts';
import type { QdrantServer } from '../world/qdrant-server.ts';
import type { RedisServer } from '../world/redis-server.ts';

type Method = (...args: never[]) => Promise<unknown>;

/** A port as one process has it: each of its functions is a call that takes time and may meet a fault. */
export type Connect = <Port extends object>(server: ServerName, name: string, port: Port) => Port;

export function connect(caller: Caller, process: SimProcess): Connect {
  return (server, name, port) => {
    const calls = Object.entries(port).map(([method, act]) => [
      method,
      (...args: never[]) => caller.call({ process, server, port: name, method, args }, () => (act as Method)(...args)),
    ]);
    return Object.fromEntries(calls) as typeof port;
  };
}

export type ServersOfFleet = { readonly qdrant: QdrantServer; readonly redis: RedisServer };

/** The ports that coordinators and workers share. */
export function sharedPorts(to: Connect, { qdrant, redis }: ServersOfFleet) {
  const { state } = redis;
  const collections = to('qdrant', 'collections', qdrant.collections);
  const points = to('qdrant', 'points', qdrant.points);
  return {
    collections,
    points,
    setAside: createQdrantSetAside({ collections, points }),
    records: createQdrantRecords({ collections, points }),
    lateWrites: createQdrantLateWrites({ collections, points }),
    migrations: to('redis', 'migrations', state.migrations),
    ranges: to('redis', 'ranges', state.ranges),
    writers: to('redis', 'writers', {
      open: state.writers.open,
      enter: state.writers.enter,
      leave: state.writers.leave,
      close: state.writers.close,
    }),
  };
}

/** What only coordinators use of Redis. `moved` tells the workers; `workers` counts them. */
export function coordinatorPorts(
  to: Connect,
  redis: RedisServer,
  fleet: { readonly workers: () => number; readonly moved: (id: string) => void },
): Pick<CoordinatorDeps, 'stageQueue' | 'rangeQueue' | 'modelCalls' | 'gates' | 'signals' | 'pace' | 'fleet' | 'events'> {
  const ids = new Set<string>();
  const seen = (id: string) => {
    ids.add(id);
    return id;
  };
  return {
    stageQueue: {
      ...to<Pick<CoordinatorDeps['stageQueue'], 'enqueue'>>('redis', 'stageQueue', {
        enqueue: async (job) => redis.stages.add(`${job.migrationId}-${job.phaseNumber}`, job),
      }),
      // It is asked to be told to people, and changes nothing.
      leftBehind: async () => null,
    },
    rangeQueue: to('redis', 'rangeQueue', {
      announce: async () => undefined,
      async enqueue(jobs) {
        for (const job of jobs) redis.ranges.add(`${job.migrationId}-${job.pass}-${job.seq}`, job);
      },
      // Here every worker gives signs of life, whatever it does.
      active: async () => 0,
      pending: async (id) => redis.ranges.count(({ migrationId }) => migrationId === id),
      waiting: async (id) => redis.ranges.count(({ migrationId }) => migrationId === id),
      remove: async (id) => redis.ranges.remove(({ migrationId }) => migrationId === id),
    }),
    modelCalls: to('redis', 'modelCalls', {
      async request(job) {
        if (!redis.results.has(job.callId)) redis.calls.add(job.callId, job);
      },
      result: async (callId) => (redis.results.get(callId) ?? null) as ModelCallResult | null,
      active: async () => 0,
      async forget(callId) {
        redis.results.delete(callId);
      },
    }),
    gates: to('redis', 'gates', redis.state.gates),
    pace: to('redis', 'pace', redis.state.pace),
    signals: to('redis', 'signals', { moved: async ({ id }) => fleet.moved(id) }),
    fleet: to('redis', 'fleet', {
      id: async () => seen(redis.fleetId()),
      isOurs: async (id) => ids.has(id) || seen(redis.fleetId()) === id,
      workers: async () => fleet.workers(),
    }),
    events: to('redis', 'events', {
      publish: async () => undefined,
      follow() {
        throw new Error('nobody follows events here');
      },
    }),
  };
}
