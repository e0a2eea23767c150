import type { Gates, MigrationEvent } from '@reembed/contracts';
import {
  type Clock,
  type Costs,
  createOwnBudget,
  type DeadLetters,
  type Events,
  type Fleet,
  type GateDraw,
  type GateStore,
  type LateWrites,
  type Migration,
  type Migrations,
  type Pace,
  type Ranges,
  type RateBudget,
  type Records,
  type SearchTallies,
  type SetAside,
  type Signals,
  type Standing,
  type Writers,
} from '@reembed/core';
import { asStored } from './as-stored.ts';
import { createFakeClock } from './fake-clock.ts';
import { createFakeLateWrites } from './fake-late-writes.ts';
import { createFakeMemory, type FakeMemory } from './fake-memory.ts';
import { createFakeCosts, createFakePace } from './fake-pace.ts';
import {
  createFakeModelCalls,
  createFakeRangeQueue,
  createFakeStageQueue,
  type FakeModelCalls,
  type FakeRangeQueue,
  type FakeStageQueue,
} from './fake-queues.ts';
import { createFakeRanges } from './fake-ranges.ts';
import { createFakeRecords } from './fake-records.ts';
import { createFakeSearchTallies } from './fake-search-tallies.ts';
import { createFakeSetAside } from './fake-set-aside.ts';

export type FakeWriters = Writers & {
  /** What a Redis that was lost and came back empty does to a register. */
  lose(id: string, epoch: number): void;
  /** What a restart of Redis does to all: who was in may have been forgotten. */
  shake(): void;
};

export type FakeState = {
  readonly migrations: Migrations;
  readonly ranges: Ranges;
  readonly setAside: SetAside;
  readonly records: Records;
  readonly lateWrites: LateWrites;
  readonly writers: FakeWriters;
  readonly events: Events & { readonly published: { readonly id: string; readonly event: MigrationEvent }[] };
  readonly gates: GateStore;
  readonly modelCalls: FakeModelCalls;
  readonly fleet: Fleet & { count: number };
  readonly rateBudget: RateBudget & Standing & { readonly holds: number[] };
  readonly pace: Pace;
  readonly costs: Costs;
  readonly searchTallies: SearchTallies;
  /** The same. */
  readonly providers: Standing;
  readonly signals: Signals & { readonly sent: Pick<Migration, 'id' | 'phase' | 'epoch'>[] };
  readonly stageQueue: FakeStageQueue;
  readonly rangeQueue: FakeRangeQueue;
  readonly deadLetters: DeadLetters;
} & AsyncDisposable;

/** What the state is kept in: documents, ranges, registers of writers and what gates measured are in `memory`. */
export type FakeStateOptions = { readonly clock?: Clock; readonly memory?: FakeMemory };

/** The shared state of a fleet in memory; what is queued waits in `jobs` until a test takes it. */
export function createFakeState({ clock = createFakeClock(), memory = createFakeMemory() }: FakeStateOptions = {}): FakeState {
  const rateBudget = createFakeBudget(clock);
  return {
    migrations: createFakeMigrations(memory),
    ranges: createFakeRanges(clock, memory),
    setAside: createFakeSetAside(),
    records: createFakeRecords(),
    lateWrites: createFakeLateWrites(),
    writers: createFakeWriters(memory),
    events: createFakeEvents(),
    gates: createFakeGates(memory),
    modelCalls: createFakeModelCalls(),
    fleet: createFakeFleet(),
    rateBudget,
    providers: rateBudget,
    pace: createFakePace(clock),
    costs: createFakeCosts(),
    searchTallies: createFakeSearchTallies(),
    signals: createFakeSignals(),
    stageQueue: createFakeStageQueue(),
    rangeQueue: createFakeRangeQueue(),
    deadLetters: { list: async () => [], prune: async () => undefined },
    async [Symbol.asyncDispose]() {},
  };
}

function createFakeMigrations(memory: FakeMemory): Migrations {
  const documents = memory.map<Migration>('documents');
  const claims = memory.map<string>('claims');
  const keys = memory.map<{ id: string; fingerprint: string }>('idempotency keys');
  const claimsOf = ({ spec: { target } }: Migration) => [
    ['target', target.collection] as const,
    ...(target.alias === null ? [] : [['alias', target.alias] as const]),
  ];
  return {
    async insert(migration, idempotency) {
      const before = idempotency === undefined ? undefined : keys.get(idempotency.key);
      if (before !== undefined) return { kind: 'repeated', ...before };
      for (const [what, name] of claimsOf(migration)) {
        const by = claims.get(`${what}:${name}`);
        if (by !== undefined) return { kind: 'taken', what, by };
      }
      for (const [what, name] of claimsOf(migration)) claims.set(`${what}:${name}`, migration.id);
      documents.set(migration.id, asStored(migration));
      if (idempotency !== undefined) keys.set(idempotency.key, { id: migration.id, fingerprint: idempotency.fingerprint });
      return { kind: 'inserted' };
    },
    load: async (id) => documents.get(id) ?? null,
    list: async () => [...documents.values()].sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1)),
    unreadable: async () => [],
    async update(id, change) {
      const now = documents.get(id);
      const next = now === undefined ? null : change(now);
      if (next !== null) documents.set(id, asStored(next));
      return next;
    },
    async release(id) {
      for (const [name, holder] of claims) if (holder === id) claims.delete(name);
    },
    async remove(id) {
      for (const [name, holder] of claims) if (holder === id) claims.delete(name);
      documents.delete(id);
      for (const kept of ['ranges', 'hot', 'spent', 'gates']) memory.map(kept).delete(id);
    },
    byIdempotencyKey: async (key) => keys.get(key) ?? null,
  };
}

function createFakeWriters(memory: FakeMemory): FakeWriters {
  const registers = memory.map<{ open: boolean; holders: Set<string>; shaken: boolean }>('registers');
  const of = (id: string, epoch: number) => registers.get(`${id} ${epoch}`);
  return {
    async open(id, epoch) {
      if (of(id, epoch) === undefined) registers.set(`${id} ${epoch}`, { open: true, holders: new Set(), shaken: false });
    },
    async enter(id, epoch, holder) {
      const register = of(id, epoch);
      if (!register?.open) return false;
      register.holders.add(holder);
      return true;
    },
    async leave(id, epoch, holder) {
      of(id, epoch)?.holders.delete(holder);
    },
    async close(id, epoch) {
      const register = of(id, epoch);
      if (register === undefined) return null;
      register.open = false;
      return register.shaken ? null : register.holders.size;
    },
    lose(id, epoch) {
      registers.delete(`${id} ${epoch}`);
    },
    shake() {
      for (const register of registers.values()) register.shaken = true;
    },
  };
}

function createFakeEvents(): FakeState['events'] {
  const published: { id: string; event: MigrationEvent }[] = [];
  let news = Promise.withResolvers<void>();
  return {
    published,
    async publish(id, event) {
      published.push({ id, event });
      news.resolve();
      news = Promise.withResolvers<void>();
    },
    follow(id, after, signal) {
      const start = after === null ? published.length : Number(after);
      return (async function* () {
        const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
        for (let at = start; !signal.aborted; ) {
          const found = published[at];
          if (found === undefined) await Promise.race([news.promise, aborted]);
          else if (found.id === id) yield { id: String(++at), event: found.event };
          else at++;
        }
      })();
    },
  };
}

function createFakeGates(memory: FakeMemory): GateStore {
  const measured = memory.map<Gates>('gates');
  const draws = memory.map<GateDraw>('draws');
  return {
    save: async (id, gates) => void measured.set(id, asStored(gates)),
    load: async (id) => measured.get(id) ?? null,
    saveDraw: async (id, draw) => void draws.set(id, asStored(draw)),
    draw: async (id) => draws.get(id) ?? null,
  };
}

function createFakeBudget(clock: Clock): FakeState['rateBudget'] {
  const holds: number[] = [];
  const budget = createOwnBudget(clock);
  return {
    ...budget,
    holds,
    async coolDown(model, ms, why) {
      holds.push(ms);
      await budget.coolDown(model, ms, why);
    },
  };
}

function createFakeFleet(): FakeState['fleet'] {
  const fleet = { count: 1, id: async () => 'fleet', isOurs: async (id: string) => id === 'fleet', workers: async () => fleet.count };
  return fleet;
}

function createFakeSignals(): FakeState['signals'] {
  const sent: Pick<Migration, 'id' | 'phase' | 'epoch'>[] = [];
  return { sent, moved: async ({ id, phase, epoch }) => void sent.push({ id, phase, epoch }) };
}
