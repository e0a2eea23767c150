import type { Pace, RangeDelta, Ranges, RateBudget, SetAside } from '@reembed/core';
import type { Metrics } from '@reembed/process/metrics';
import type { WorkerHealth } from './worker-health.ts';

type Counting = { readonly metrics: Metrics; readonly health: Pick<WorkerHealth, 'heldBack' | 'sign'> };

/** The same ranges; what this worker has covered of them is counted. */
export function countRanges<Store extends Pick<Ranges, 'checkpoint' | 'finish' | 'divide'>>(
  ranges: Store,
  { metrics, health }: Counting,
): Store {
  const count = (migration: string, counts: boolean, { points }: RangeDelta) => {
    if (counts) metrics.add('reembed_points_total', { migration }, points);
    health.sign();
    return counts;
  };
  return {
    ...ranges,
    checkpoint: async (id, pass, seq, holder, next, delta) => count(id, await ranges.checkpoint(id, pass, seq, holder, next, delta), delta),
    finish: async (id, pass, seq, holder, delta) => count(id, await ranges.finish(id, pass, seq, holder, delta), delta),
    divide: async (id, pass, seq, holder, division, delta) => count(id, await ranges.divide(id, pass, seq, holder, division, delta), delta),
  };
}

/** The same store; points that are set aside are counted by why. */
export function countSetAside(setAside: SetAside, metrics: Metrics): SetAside {
  return {
    ...setAside,
    async put(migration, entries) {
      await setAside.put(migration, entries);
      for (const { code } of entries) metrics.add('reembed_points_set_aside_total', { code });
    },
  };
}

/** The same budget; how long it holds work back is counted. */
export function countBudget<Budget extends RateBudget>(budget: Budget, counting: Counting): Budget {
  return { ...budget, pass: (model, need, signal) => heldBy('budget', counting, () => budget.pass(model, need, signal)) };
}

/** The same pace, likewise. */
export function countPace(pace: Pace, counting: Counting): Pace {
  return { ...pace, take: (id, points, limits, signal) => heldBy('pace', counting, () => pace.take(id, points, limits, signal)) };
}

async function heldBy<T>(by: 'budget' | 'pace', { metrics, health }: Counting, wait: () => Promise<T>): Promise<T> {
  const began = performance.now();
  try {
    return await health.heldBack(wait);
  } finally {
    metrics.add('reembed_held_back_seconds_total', { by }, (performance.now() - began) / 1_000);
  }
}

/** Counts waits as they begin and end. */
export function countWaits(metrics: Metrics): (code: string, change: 1 | -1) => void {
  const open = new Map<string, number>();
  return (code, change) => {
    open.set(code, (open.get(code) ?? 0) + change);
    metrics.set('reembed_waits_open', { code }, open.get(code) ?? 0);
    if (change === 1) metrics.add('reembed_waits_total', { code });
  };
}
