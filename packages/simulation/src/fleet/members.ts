import { type Clock, type CoordinatorDeps, isReembedError } from '@reembed/core';
import type { Caller } from '../engine/calls.ts';
import { createProcess, type SimProcess } from '../engine/process.ts';
import type { Random } from '../engine/random.ts';
import type { Scheduler } from '../engine/scheduler.ts';
import type { Outcome } from '../world/job-queue.ts';
import type { ServersOfFleet } from './ports.ts';

export type FleetOptions = ServersOfFleet & {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly caller: Caller;
  readonly requestTimeoutMs: number;
  readonly freezeHook: CoordinatorDeps['freezeHook'];
  /** By how much the wall clock was set forwards, in ms. */
  readonly clockError: () => number;
  /** Of the ids that it makes. */
  readonly idPrefix: 'm' | 'n';
  /** Grows over all fleets. */
  readonly nextNumber: () => number;
  /** Ids of the points that are retrieved most. */
  readonly hot: readonly string[];
  readonly coordinators: number;
  readonly workers: number;
  readonly onDefect: (error: unknown) => void;
};

const afterDefectMs = 5_000;

/** A process of the fleet: its jobs are taken up by others when it sleeps or dies, and where it died another takes its place. */
export function startMember({ scheduler, random, redis }: FleetOptions, name: string, again: () => void): SimProcess {
  const { stages, ranges, calls } = redis;
  const process = createProcess({
    scheduler,
    name,
    onSleep() {
      for (const queue of [stages, ranges, calls]) queue.lapse(process);
    },
    onWake() {
      for (const queue of [stages, ranges, calls]) queue.findOut(process);
    },
    onDeath() {
      for (const queue of [stages, ranges, calls]) queue.lapse(process);
      scheduler.after(random.between(300, 4_000), again, 'wakes');
    },
  });
  return process;
}

export function clockOf({ scheduler, clockError }: FleetOptions, process: SimProcess): Clock {
  return {
    now: () => new Date(Date.UTC(2026, 0, 1) + scheduler.now() + clockError()),
    monotonicMs: scheduler.now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
        process.resume(ms, resolve);
      }),
  };
}

/** The outcome is Redis's to keep: a call that may fail, and then the job is found stalled. */
export function settling({ caller }: FleetOptions, process: SimProcess): (act: () => void) => Promise<void> {
  return async (act) => {
    await caller.call({ process, server: 'redis', port: 'queue', method: 'settle', args: [] }, async () => act());
  };
}

/** What a handler comes to, as packages/queue has it; a defect is told, too. */
export async function outcomeOf({ onDefect }: FleetOptions, work: Promise<Outcome>, signal: AbortSignal): Promise<Outcome> {
  try {
    return await work;
  } catch (error) {
    if (signal.aborted) return 'interrupted';
    if (!isReembedError(error)) onDefect(error);
    return { again: afterDefectMs };
  }
}
