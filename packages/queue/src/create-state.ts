import type {
  Costs,
  DeadLetters,
  Events,
  GateStore,
  Migrations,
  ModelCalls,
  Pace,
  Ranges,
  RateBudget,
  SearchTallies,
  Standing,
  Writers,
} from '@reembed/core';
import { createDeadLetters } from './jobs/dead-letters.ts';
import { createModelCalls } from './jobs/model-calls.ts';
import { keysOf, type Namespace } from './redis/keys.ts';
import { noSeal, type Seal } from './redis/seal.ts';
import { createEvents, createSignals, type SignalsWithListener } from './state/events.ts';
import { createFleet, type FleetWithRegister } from './state/fleet.ts';
import { createGatewayRegister, type GatewayRegister } from './state/gateway-register.ts';
import { createHotPoints } from './state/hot-points.ts';
import { createGates, createMigrations } from './state/migrations.ts';
import { createCosts, createPace } from './state/pace.ts';
import { createPassTotals } from './state/pass-totals.ts';
import { createRangeWork } from './state/range-work.ts';
import { createRateBudget, type RateBudgetOptions } from './state/rate-budget.ts';
import { createSearchTallies } from './state/search-tallies.ts';
import { createSplit } from './state/split.ts';
import { createWriters } from './state/writers.ts';

export type StateOptions = Partial<RateBudgetOptions> & Namespace & { readonly seal?: Seal };

export type State = {
  readonly migrations: Migrations;
  readonly ranges: Ranges;
  readonly writers: Writers;
  readonly events: Events;
  readonly gates: GateStore;
  readonly modelCalls: ModelCalls;
  readonly fleet: FleetWithRegister;
  readonly deadLetters: DeadLetters;
  readonly signals: SignalsWithListener;
  readonly rateBudget: RateBudget & Standing;
  readonly gateways: GatewayRegister;
  readonly pace: Pace;
  readonly searchTallies: SearchTallies;
  readonly costs: Costs;
};

/** The shared state of a fleet in Redis. Everything throws ReembedError `redis-unreachable` where Redis does not answer. */
export function createState({ redis, prefix, seal = noSeal, limitsOf = () => null, ...budget }: StateOptions): State {
  const keys = keysOf(prefix);
  return {
    migrations: createMigrations(redis, keys),
    ranges: {
      ...createSplit(redis, keys),
      ...createRangeWork(redis, keys),
      ...createPassTotals(redis, keys),
      ...createHotPoints(redis, keys),
    },
    writers: createWriters(redis, keys),
    events: createEvents(redis, keys),
    gates: createGates(redis, keys, seal),
    modelCalls: createModelCalls(redis, keys, seal),
    fleet: createFleet(redis, keys),
    deadLetters: createDeadLetters({ redis, prefix }),
    signals: createSignals(redis, keys),
    rateBudget: createRateBudget(redis, keys, { limitsOf, ...budget }),
    gateways: createGatewayRegister(redis, keys),
    pace: createPace(redis, keys),
    searchTallies: createSearchTallies(redis, keys),
    costs: createCosts(redis, keys),
  };
}
