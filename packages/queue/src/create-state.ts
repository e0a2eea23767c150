import type { Events, GateStore, Migrations, ModelCalls, Ranges, RateBudget, Writers } from '@reembed/core';
import type { RedisConnections } from './connect-redis.ts';
import { defaultPrefix, keysOf } from './keys.ts';
import { createEvents } from './state/events.ts';
import { createFleet, type FleetWithRegister } from './state/fleet.ts';
import { createGates } from './state/gates.ts';
import { createMigrations } from './state/migrations.ts';
import { createModelCalls } from './state/model-calls.ts';
import { createRanges } from './state/ranges.ts';
import { createRateBudget, type RateBudgetOptions } from './state/rate-budget.ts';
import { createSignals, type SignalsWithListener } from './state/signals.ts';
import { createWriters } from './state/writers.ts';

export type StateOptions = Partial<RateBudgetOptions> & {
  readonly redis: RedisConnections;
  /** What all keys begin with. Fleets that share a Redis need one each; on a Redis Cluster it must contain a `{hash tag}`. */
  readonly prefix?: string;
};

export type State = {
  readonly migrations: Migrations;
  readonly ranges: Ranges;
  readonly writers: Writers;
  readonly events: Events;
  readonly gates: GateStore;
  readonly modelCalls: ModelCalls;
  readonly fleet: FleetWithRegister;
  readonly signals: SignalsWithListener;
  readonly rateBudget: RateBudget;
};

/** The shared state of a fleet in Redis. Everything throws ReembedError `redis-unreachable` where Redis does not answer. */
export function createState({ redis, prefix = defaultPrefix, limitsOf = () => null, ...budget }: StateOptions): State {
  const keys = keysOf(prefix);
  return {
    migrations: createMigrations(redis, keys),
    ranges: createRanges(redis, keys),
    writers: createWriters(redis, keys),
    events: createEvents(redis, keys),
    gates: createGates(redis, keys),
    modelCalls: createModelCalls(redis, keys),
    fleet: createFleet(redis, keys),
    signals: createSignals(redis, keys),
    rateBudget: createRateBudget(redis, keys, { limitsOf, ...budget }),
  };
}
