import { randomUUID } from 'node:crypto';
import type { RangeJob } from '@reembed/contracts';
import {
  type Bm25,
  type Clock,
  type Embedding,
  isSamePhase,
  type LateWrites,
  type LearnedMaps,
  type Migration,
  projectionsOf,
  runRange,
  type SetAside,
  type TextSources,
  takePace,
  textOrigin,
} from '@reembed/core';
import type { Metrics } from '@reembed/process/metrics';
import { vectorToJson } from '@reembed/qdrant';
import type { Log, Outcome, State } from '@reembed/queue';
import type { Budgets } from './budgets.ts';
import { countRanges, countSetAside } from './counted-work.ts';
import { createWorkLog, inWords, logRanges, logSetAside } from './logged-work.ts';
import type { Roads } from './roads.ts';
import type { Waits } from './waits.ts';
import { createStopwatch, createTimesTeller, type Stopwatch, timeModels, timeRoad } from './work-times.ts';
import type { WorkerHealth } from './worker-health.ts';

/** Pub/sub may lose a message: how often work in hand looks whether its migration has moved, in ms. */
const lookEveryMs = 1_000;

export type RangeHandlerOptions = {
  readonly state: State;
  readonly roads: Roads;
  readonly setAside: SetAside;
  readonly lateWrites: LateWrites;
  readonly budgets: Budgets;
  readonly embedding: Embedding;
  readonly bm25: Bm25;
  readonly learnedMaps: LearnedMaps;
  readonly textSources: TextSources;
  readonly clock: Clock;
  readonly waits: Waits;
  readonly metrics: Metrics;
  readonly health: WorkerHealth;
  readonly log: Log;
};

/** `known`: the migration as it was seen last; null before the range has begun. */
type Running = {
  readonly migrationId: string;
  readonly stop: AbortController;
  readonly stopwatch: Stopwatch;
  known: Migration | null;
};

/** Works on range jobs, and stops those in hand within a batch when their migration moves on. */
export async function createRangeHandler(options: RangeHandlerOptions) {
  const { state, roads, budgets, embedding, bm25, learnedMaps, textSources, clock, waits, metrics, health, log } = options;
  const work = createWorkLog(log, waits);
  const ranges = countRanges(logRanges(state.ranges, log), { metrics, health });
  const setAside = countSetAside(logSetAside(options.setAside, log), metrics);
  const running = new Set<Running>();
  const tellTimes = createTimesTeller(state.pace, clock);
  const stopAll = (migrationId: string) => {
    for (const entry of running) if (entry.migrationId === migrationId) entry.stop.abort(new Error('the migration has moved on'));
  };
  const unfollow = await state.signals.onMoved(({ id }) => stopAll(id));

  async function watch(entry: Running, began: Migration, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(lookEveryMs, signal).catch(() => undefined);
      if (!signal.aborted) tellTimes(began.id, entry.stopwatch.take());
      const now = signal.aborted ? began : await state.migrations.load(began.id).catch(() => began);
      if (now === null || !isSamePhase(now, began)) stopAll(began.id);
      else entry.known = now;
    }
  }

  async function handle(job: RangeJob, signal: AbortSignal): Promise<Outcome> {
    const stopwatch = createStopwatch(clock);
    const entry: Running = { migrationId: job.migrationId, stop: new AbortController(), stopwatch, known: null };
    const ended = new AbortController();
    running.add(entry);
    health.begins();
    try {
      const outcome = await runRange(
        {
          load: state.migrations.load,
          ranges,
          writers: state.writers,
          holder: randomUUID(),
          pace: async (points, stopped) => {
            const { known } = entry;
            if (known !== null) await stopwatch.during('throttle', () => takePace(state.pace, known, points, stopped));
          },
          signal: AbortSignal.any([signal, entry.stop.signal]),
          prepare: async (migration, active) => {
            work.begins(migration);
            entry.known = migration;
            void watch(entry, migration, AbortSignal.any([active, ended.signal]));
            const { spec, resolved } = migration;
            const [contexts, maps, chosen] = await Promise.all([
              embedding.contexts(migration, active, await budgets.of(migration, () => entry.known ?? migration)),
              projectionsOf(learnedMaps, migration),
              roads.of(migration),
            ]);
            const road = timeRoad(chosen, migration, stopwatch);
            const origin = textOrigin(spec, resolved.textFile);
            const texts = origin === null ? undefined : { sources: textSources, origin, budget: state.rateBudget, clock, signal: active };
            const recipes = {
              spec,
              resolved,
              embedding: timeModels(contexts, stopwatch),
              projections: maps,
              bm25,
              texts,
              encodeVector: vectorToJson,
            };
            return { points: road.points, carrier: road.carrier, setAside, lateWrites: options.lateWrites, recipes, clock };
          },
        },
        job,
      );
      work.ended(job.migrationId, outcome);
      metrics.add('reembed_ranges_total', { outcome: outcome.kind });
      return outcome.kind === 'again' ? { again: outcome.afterMs, why: inWords(outcome.why) } : outcome.kind;
    } finally {
      ended.abort();
      tellTimes(job.migrationId, stopwatch.take());
      running.delete(entry);
      health.ended();
    }
  }

  return { handle, stop: unfollow };
}
