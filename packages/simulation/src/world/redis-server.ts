import type { ModelCallJob, RangeJob, StageJob } from '@reembed/contracts';
import type { Migration } from '@reembed/core';
import { createFakeMemory, type MemoryCopy } from '@reembed/testkit/fakes/fake-memory';
import { createFakeState } from '@reembed/testkit/fakes/fake-state';
import type { Random } from '../engine/random.ts';
import type { Scheduler } from '../engine/scheduler.ts';
import { createJobQueue } from './job-queue.ts';

/** How long a job stays with a holder that does not answer, in ms. */
const lockMs = 3_000;

/** Redis as a value, its queues included. `fleet`: what its fleet is called. */
export function createRedisServer(scheduler: Scheduler, random: Random, fleet = 'fleet') {
  const memory = createFakeMemory();
  const clock = { now: () => new Date(scheduler.now()), monotonicMs: scheduler.now, sleep: async () => undefined };
  const state = createFakeState({ memory, clock });
  const queue = <Data>(name: string) => createJobQueue<Data>({ memory, name, scheduler, random, lockMs });
  const stages = queue<StageJob>('stage jobs');
  const ranges = queue<RangeJob>('range jobs');
  const calls = queue<ModelCallJob>('model calls');
  const results = memory.map<unknown>('model call results');
  const documents = memory.map<Migration>('documents');
  const identity = memory.map<string>('fleet');
  const copies: MemoryCopy[] = [];
  let fleets = 0;
  const comeBackAs = (copy: MemoryCopy) => {
    memory.restore(copy);
    state.writers.shake();
    for (const queue of [stages, ranges, calls]) queue.restored();
  };

  return {
    memory,
    state,
    stages,
    ranges,
    calls,
    results,
    awayUntil: 0,
    documents,
    newest: () => newestOf(documents),
    /** Random, made once for this Redis. */
    fleetId(): string {
      const id = identity.get('id') ?? `${fleet}-${++fleets}`;
      identity.set('id', id);
      return id;
    },
    /** A backup, of which the last few are kept. */
    backUp(): void {
      copies.push(memory.copy());
      if (copies.length > 12) copies.splice(random.between(0, copies.length - 2), 1);
    },
    empty: () => comeBackAs(new Map()),
    /** Comes back as it was some time ago; false where there is no copy. */
    age(): boolean {
      if (copies.length === 0) return false;
      comeBackAs(random.pick(copies));
      return true;
    },
  };
}

/** The migration that goes on, else the one that was made last. */
export function newestOf(documents: ReadonlyMap<string, Migration>): Migration | undefined {
  let newest: Migration | undefined;
  for (const document of documents.values()) if (newest === undefined || isNewer(document, newest)) newest = document;
  return newest;
}

/** Wall clocks jump; the numbers in ids grow. */
const madeAs = ({ id }: Migration) => Number(id.slice(1));

const hasEnded = ({ phase }: Migration) => phase === 'cancelled' || phase === 'completed' || phase === 'rolled-back';

/** A word that slept through the end began, found nothing to begin with, and was cancelled. */
const cameToNothing = ({ phase, claimed }: Migration) => phase === 'cancelled' && !claimed;

function isNewer(one: Migration, other: Migration): boolean {
  if (hasEnded(one) !== hasEnded(other)) return hasEnded(other);
  if (hasEnded(one) && cameToNothing(one) !== cameToNothing(other)) return cameToNothing(other);
  return madeAs(one) > madeAs(other);
}

export type RedisServer = ReturnType<typeof createRedisServer>;
