import type { ModelCallJob, RangeJob } from '@reembed/contracts';
import {
  createOwnBudget,
  embedVectors,
  type Migration,
  type ModelCallResult,
  runRange,
  serveModelCall,
  summarizeError,
} from '@reembed/core';
import { createFakeBm25, createFakeEmbedder } from '@reembed/testkit/fakes/fake-models';
import type { SimProcess } from '../engine/process.ts';
import type { Outcome } from '../world/job-queue.ts';
import { clockOf, type FleetOptions, outcomeOf, settling } from './members.ts';
import { connect, sharedPorts } from './ports.ts';

export type Worker = { readonly process: SimProcess; readonly stopAll: (migrationId: string) => void };

/** Pub/sub may lose a message: how often work in hand looks whether its migration has moved, in ms. */
const lookMs = 1_000;

/** What apps/worker does: ranges, and model calls. */
export function startWorker(options: FleetOptions, process: SimProcess, newId: () => string): Worker {
  const { redis } = options;
  const to = connect(options.caller, process);
  const { migrations, ranges, writers, points, setAside, lateWrites } = sharedPorts(to, options);
  const clock = clockOf(options, process);
  const plain = createFakeEmbedder();
  const embedder = { ...plain, ...to('provider', 'embedder', { embed: plain.embed }) };
  const budget = createOwnBudget(clock);
  const embeddingBy = (signal: AbortSignal) => ({ embedder, dimensions: undefined, budget, clock, signal });
  const inHand = new Set<{ readonly id: string; readonly stop: AbortController }>();
  const stopAll = (id: string) => {
    for (const one of inHand) if (one.id === id) one.stop.abort(new Error('the migration has moved on'));
  };

  async function watch(began: Migration, isOver: () => boolean): Promise<void> {
    for (;;) {
      await clock.sleep(lookMs);
      if (isOver()) return;
      const now = await migrations.load(began.id).catch(() => began);
      if (now?.phaseNumber !== began.phaseNumber) stopAll(began.id);
    }
  }

  const prepareUntil =
    (isOver: () => boolean): Parameters<typeof runRange>[0]['prepare'] =>
    async (migration, signal) => {
      void watch(migration, isOver);
      const { spec, resolved } = migration;
      const embedding = Object.fromEntries(embedVectors(spec).map(({ name }) => [name, embeddingBy(signal)]));
      const encodeVector = (vector: Float32Array) => JSON.stringify([...vector]);
      const recipes = { spec, resolved, embedding, bm25: createFakeBm25(), texts: undefined, encodeVector, projections: {} };
      return { points, carrier: null, setAside, lateWrites, clock, recipes };
    };

  async function handleRange(job: RangeJob, stop: AbortController): Promise<Outcome> {
    const one = { id: job.migrationId, stop };
    inHand.add(one);
    try {
      const holder = `${process.name} ${newId()}`;
      const prepare = prepareUntil(() => stop.signal.aborted || !inHand.has(one));
      const pace = async () => undefined;
      const deps = { load: migrations.load, ranges, writers, holder, signal: stop.signal, prepare, pace };
      const outcome = await runRange(deps, job);
      return outcome.kind === 'again' ? { again: outcome.afterMs } : outcome.kind;
    } finally {
      inHand.delete(one);
    }
  }

  const { answer } = to('redis', 'modelCalls', {
    async answer(callId: string, result: ModelCallResult) {
      redis.results.set(callId, result);
    },
  });

  async function handleCall(job: ModelCallJob, signal: AbortSignal): Promise<Outcome> {
    const result = await serveModelCall({ ...embeddingBy(signal), maxTries: 3 }, job).then(
      (given): ModelCallResult => ({ ok: true, answer: given }),
      (error: unknown): ModelCallResult => ({ ok: false, ...summarizeError(error) }),
    );
    await answer(job.callId, result);
    return 'done';
  }

  const settle = settling(options, process);
  redis.ranges.serve({ process, slots: 2, settle, handle: (job, stop) => outcomeOf(options, handleRange(job, stop), stop.signal) });
  redis.calls.serve({ process, slots: 1, settle, handle: (job, { signal }) => outcomeOf(options, handleCall(job, signal), signal) });
  return { process, stopAll };
}
