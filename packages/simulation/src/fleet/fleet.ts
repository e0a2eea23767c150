import type { RangeJob } from '@reembed/contracts';
import {
  type Clock,
  type CoordinatorDeps,
  embedVectors,
  isReembedError,
  type Migration,
  reconcile,
  runRange,
  runStage,
  serveModelCall,
  summarizeError,
} from '@reembed/core';
import { createFakeAdapters, createFakeCatalogue, createFakeEmbedder } from '@reembed/testkit/fakes/fake-models';
import { createFakeTextSources } from '@reembed/testkit/fakes/fake-text-sources';
import type { Caller } from '../engine/calls.ts';
import { createProcess, type SimProcess } from '../engine/process.ts';
import type { Random } from '../engine/random.ts';
import type { Scheduler } from '../engine/scheduler.ts';
import type { JobQueue, Outcome } from '../world/job-queue.ts';
import { connect, coordinatorPorts, type ServersOfFleet, sharedPorts } from './ports.ts';

const reconcileMs = 3_000;
const lookMs = 1_000;
const afterDefectMs = 5_000;

export type FleetOptions = ServersOfFleet & {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly caller: Caller;
  readonly requestTimeoutMs: number;
  readonly freezeHook: CoordinatorDeps['freezeHook'];
  /** By how much the wall clock was set forwards, in ms. */
  readonly clockError: () => number;
  readonly coordinators: number;
  readonly workers: number;
  readonly onDefect: (error: unknown) => void;
};

export type Coordinator = { readonly process: SimProcess; readonly deps: CoordinatorDeps };
type Worker = { readonly process: SimProcess; readonly stopAll: (migrationId: string) => void };

/** Coordinators and workers that die come back after a while, knowing nothing. */
export function startFleet(options: FleetOptions) {
  const { scheduler, random, redis } = options;
  const coordinators = new Map<number, Coordinator>();
  const workers = new Map<number, Worker>();
  const queues: readonly JobQueue<never>[] = [redis.stages, redis.ranges, redis.calls] as never;
  let ids = 0;

  function newProcess(name: string, again: () => void): SimProcess {
    const process = createProcess({
      scheduler,
      name,
      onSleep: () => queues.forEach((queue) => void queue.lapse(process)),
      onWake: () => queues.forEach((queue) => void queue.findOut(process)),
      onDeath() {
        for (const queue of queues) queue.lapse(process);
        scheduler.after(random.between(300, 4_000), again, 'wakes');
      },
    });
    return process;
  }

  function clockOf(process: SimProcess): Clock {
    return {
      now: () => new Date(Date.UTC(2026, 0, 1) + scheduler.now() + options.clockError()),
      monotonicMs: scheduler.now,
      sleep: (ms, signal) =>
        new Promise((resolve, reject) => {
          if (signal?.aborted) return reject(signal.reason);
          signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
          process.resume(ms, resolve);
        }),
    };
  }

  function startCoordinator(n: number): void {
    const process = newProcess(`coordinator ${n}`, () => startCoordinator(n));
    const to = connect(options.caller, process);
    const embedder = createFakeEmbedder();
    const deps: CoordinatorDeps = {
      ...sharedPorts(to, options),
      ...coordinatorPorts(to, redis, {
        workers: () => [...workers.values()].filter((worker) => worker.process.state() !== 'dead').length,
        moved,
      }),
      searches: { search: async () => ({ hits: [], tookMs: 1 }) },
      catalogue: createFakeCatalogue([embedder]),
      learnedMaps: createFakeAdapters(),
      textSources: createFakeTextSources(),
      clock: clockOf(process),
      requestTimeoutMs: options.requestTimeoutMs,
      newId: () => `m${++ids}`,
      freezeHook: to('hook', 'freezeHook', options.freezeHook),
      holds: new Map(),
      progressToldAt: new Map(),
      passesSeen: new Map(),
    };
    coordinators.set(n, { process, deps });
    redis.stages.serve({
      process,
      slots: 2,
      settle: settling(process),
      handle: (job, signal) => outcomeOf(runStage(deps, job, signal), signal),
    });
    const look = () => {
      const looked = reconcile(deps).catch((error: unknown) => (isReembedError(error) ? undefined : options.onDefect(error)));
      void looked.then(() => process.resume(reconcileMs, look));
    };
    process.resume(random.between(0, reconcileMs), look);
  }

  /** The outcome is Redis's to keep: a call that may fail, and then the job is found stalled. */
  function settling(process: SimProcess): (act: () => void) => Promise<void> {
    return (act) =>
      options.caller.call({ process, server: 'redis', port: 'queue', method: 'settle', args: [] }, async () => act()) as Promise<void>;
  }

  async function outcomeOf(work: Promise<Outcome>, signal: AbortSignal): Promise<Outcome> {
    try {
      return await work;
    } catch (error) {
      if (signal.aborted) return 'interrupted';
      if (!isReembedError(error)) options.onDefect(error);
      return { again: afterDefectMs };
    }
  }

  /** Pub/sub may lose a message. */
  function moved(id: string): void {
    for (const { process, stopAll } of workers.values()) if (random.chance(0.9)) process.resume(random.between(1, 10), () => stopAll(id));
  }

  function startWorker(n: number): void {
    const process = newProcess(`worker ${n}`, () => startWorker(n));
    const to = connect(options.caller, process);
    const ports = sharedPorts(to, options);
    const clock = clockOf(process);
    const plain = createFakeEmbedder();
    const embedder = { ...plain, ...to('provider', 'embedder', { embed: plain.embed }) };
    const budget = { pass: async () => undefined, coolDown: async () => undefined };
    const embeddingBy = (signal: AbortSignal) => ({ embedder, dimensions: undefined, budget, clock, signal });
    const inHand = new Set<{ readonly id: string; readonly stop: AbortController }>();
    const stopAll = (id: string) => {
      for (const one of inHand) if (one.id === id) one.stop.abort(new Error('the migration has moved on'));
    };
    workers.set(n, { process, stopAll });

    async function watch(began: Migration, signal: AbortSignal): Promise<void> {
      while (!signal.aborted) {
        await clock.sleep(lookMs, signal).catch(() => undefined);
        const now = signal.aborted ? began : await ports.migrations.load(began.id).catch(() => began);
        if (now?.phaseNumber !== began.phaseNumber) stopAll(began.id);
      }
    }

    async function handleRange(job: RangeJob, given: AbortSignal): Promise<Outcome> {
      const one = { id: job.migrationId, stop: new AbortController() };
      const ended = new AbortController();
      const signal = AbortSignal.any([given, one.stop.signal]);
      inHand.add(one);
      try {
        const outcome = await runRange(
          {
            load: ports.migrations.load,
            ranges: ports.ranges,
            writers: ports.writers,
            holder: `${process.name} ${++ids}`,
            signal,
            prepare: async (migration, active) => {
              void watch(migration, AbortSignal.any([active, ended.signal]));
              const { spec, resolved } = migration;
              const embedding = Object.fromEntries(embedVectors(spec).map(({ name }) => [name, embeddingBy(active)]));
              const encodeVector = (vector: Float32Array) => JSON.stringify([...vector]);
              const catalogue = createFakeCatalogue([embedder]);
              const recipes = { spec, resolved, embedding, bm25: catalogue.bm25, texts: undefined, encodeVector, projections: {} };
              return { points: ports.points, setAside: ports.setAside, clock, recipes };
            },
          },
          job,
        );
        return outcome.kind === 'again' ? { again: outcome.afterMs } : outcome.kind;
      } finally {
        ended.abort();
        inHand.delete(one);
      }
    }

    const answer = to('redis', 'modelCalls', { answer: async (callId: string, result: unknown) => void redis.results.set(callId, result) });
    redis.ranges.serve({
      process,
      slots: 2,
      settle: settling(process),
      handle: (job, signal) => outcomeOf(handleRange(job, signal), signal),
    });
    redis.calls.serve({
      process,
      slots: 1,
      settle: settling(process),
      handle: (job, signal) =>
        outcomeOf(
          serveModelCall({ ...embeddingBy(signal), maxTries: 3 }, job)
            .then(
              (given) => ({ ok: true, answer: given }),
              (error: unknown) => ({ ok: false, ...summarizeError(error) }),
            )
            .then((result) => answer.answer(job.callId, result))
            .then(() => 'done' as const),
          signal,
        ),
    });
  }

  for (let n = 1; n <= options.coordinators; n++) startCoordinator(n);
  for (let n = 1; n <= options.workers; n++) startWorker(n);
  return {
    /** One that answers, if any. */
    coordinator: (): Coordinator | null => {
      const up = [...coordinators.values()].filter(({ process }) => process.state() === 'up');
      return up.length === 0 ? null : random.pick(up);
    },
  };
}

export type Fleet = ReturnType<typeof startFleet>;
