import { createEmbedding, fenceAlias, type Points, takeWitness } from '@reembed/core';
import { createLog } from '@reembed/process';
import { createMetrics } from '@reembed/process/metrics';
import type { State } from '@reembed/queue';
import {
  buildMigration,
  createFakeAdapters,
  createFakeBm25,
  createFakeCatalogue,
  createFakeEmbedder,
  createFakeState,
  createFakeStores,
  createFakeTextSources,
} from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { createBudgets } from './budgets.ts';
import { createRangeHandler } from './range-handler.ts';
import type { Roads } from './roads.ts';
import { createWaits } from './waits.ts';
import { createWorkerHealth } from './worker-health.ts';

type Moved = Parameters<Parameters<State['signals']['onMoved']>[0]>[0];

async function fixture(change: { lost?: boolean } = {}) {
  const stores = createFakeStores();
  for (const name of ['docs_v1', 'target']) await stores.collections.create(name, { vectors: { size: 4, distance: 'Dot' } });
  stores.put('docs_v1', [{ id: { kind: 'integer', id: '1' }, payload: '{"body":"hello"}', vectors: {} }]);
  await stores.collections.pointAlias(fenceAlias('m', 1), 'target');
  // Sleeps end when the test says so: the look for lost messages is one of them.
  const sleeping = Promise.withResolvers<void>();
  const clock = {
    now: () => new Date(0),
    monotonicMs: () => 0,
    sleep: () => (change.lost ? sleeping.promise : new Promise<void>(() => {})),
  };
  const fake = createFakeState();
  let told: (moved: Moved) => void = () => {};
  const onMoved = async (handler: (moved: Moved) => void) => {
    told = handler;
    return async () => {};
  };
  const state = { ...fake, signals: { ...fake.signals, onMoved } } as unknown as State;
  const embedder = createFakeEmbedder({ model: 'hash/64' });
  const embedding = createEmbedding({ catalogue: createFakeCatalogue([embedder]), budget: fake.rateBudget, clock });
  const { signal } = new AbortController();
  const witness = await takeWitness({ embedder, dimensions: undefined, budget: fake.rateBudget, clock, signal });
  const pass = { number: 1, kind: 'copy', sourcePoints: 1, startedAt: '2026-01-01T00:00:00.000Z' } as const;
  await fake.migrations.insert(
    buildMigration({ id: 'm', target: 'target', phase: 'copying', phaseNumber: 2, epoch: 1, pass, witness: { '': witness } }),
  );
  await fake.writers.open('m', 1);
  await fake.ranges.append('m', 0, [{ seq: 0, start: null, end: null }], { cursor: null, done: true });
  /** The worker gets this far, and then the source keeps it waiting. */
  const reading = Promise.withResolvers<void>();
  const stuck: Points = {
    ...stores.points,
    scroll: (_collection, { signal }) => {
      reading.resolve();
      return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
    },
  };
  const log = createLog('test', 'silent');
  const metrics = createMetrics('worker');
  const common = {
    state,
    setAside: fake.setAside,
    lateWrites: fake.lateWrites,
    budgets: createBudgets({ state, catalogue: createFakeCatalogue([embedder]) }),
    embedding,
    bm25: createFakeBm25(),
    learnedMaps: createFakeAdapters(),
    textSources: createFakeTextSources(),
    clock,
    waits: createWaits(log, clock),
    metrics,
    health: createWorkerHealth({ clock, askRedis: async () => {}, waiting: async () => 0 }),
    log,
  };
  return {
    fake,
    stores,
    metrics,
    reading: reading.promise,
    tell: (moved: Moved) => told(moved),
    wake: sleeping.resolve,
    ready: await createRangeHandler({ ...common, roads: roadOf(stores.points) }),
    waiting: await createRangeHandler({ ...common, roads: roadOf(stuck) }),
  };
}

function roadOf(points: Points): Roads {
  return { of: async () => ({ points, carrier: null }) };
}

const job = { migrationId: 'm', pass: 1, seq: 0 };

describe('a range job', () => {
  it('is done', async () => {
    const on = await fixture();
    expect(await on.ready.handle(job, new AbortController().signal)).toBe('done');
    expect(on.stores.pointsOf('target')).toHaveLength(1);
    const { text } = await on.metrics.read();
    expect(text).toContain('reembed_points_total{migration="m"} 1\n');
    expect(text).toContain('reembed_ranges_total{outcome="done"} 1\n');
  });

  it('is interrupted, at no cost, when the process stops', async () => {
    const on = await fixture();
    const stop = new AbortController();
    const handled = on.waiting.handle(job, stop.signal);
    await on.reading;
    stop.abort(new Error('SIGTERM'));
    expect(await handled).toBe('interrupted');
    expect(await on.fake.ranges.claim('m', 1, 0, 'next')).toMatchObject({ attempts: 0 });
  });

  it('stops when the fleet is told that its migration has moved, and not for another', async () => {
    const on = await fixture();
    const handled = on.waiting.handle(job, new AbortController().signal);
    await on.reading;
    on.tell({ id: 'another', phase: 'pausing', epoch: 1 });
    expect(await Promise.race([handled, Promise.resolve('at work')])).toBe('at work');
    on.tell({ id: 'm', phase: 'pausing', epoch: 1 });
    expect(await handled).toBe('interrupted');
  });

  it.each([
    ['where the message was lost', { phase: 'pausing', phaseNumber: 3 }],
    ['to another phase of the same number, in a Redis that came back older', { phase: 'failed' }],
  ] as const)('notices a move also %s', async (_, move) => {
    const on = await fixture({ lost: true });
    const handled = on.waiting.handle(job, new AbortController().signal);
    await on.reading;
    await on.fake.migrations.update('m', (now) => ({ ...now, ...move }));
    on.wake();
    expect(await handled).toBe('interrupted');
  });
});
