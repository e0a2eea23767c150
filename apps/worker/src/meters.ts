import type { Watch } from '@reembed/core';
import { createMetrics, type Metrics } from '@reembed/process/metrics';
import { watchQdrant } from '@reembed/process/watch-calls';
import { createWorkerHealth, type HealthOptions, type WorkerHealth } from './worker-health.ts';

/** What a worker counts, and whether it is well. */
export type Meters = { readonly metrics: Metrics; readonly health: WorkerHealth; readonly watch: Watch };

export function createMeters({ concurrency, ...options }: HealthOptions & { readonly concurrency: number }): Meters {
  const metrics = createMetrics('worker');
  const health = createWorkerHealth(options);
  const timed = watchQdrant(metrics, options.clock);
  metrics.beforeRead(async () => {
    metrics.set('reembed_concurrency', {}, concurrency);
    metrics.set('reembed_ranges_in_hand', {}, health.inHand());
    metrics.set('reembed_worker_healthy', {}, (await health.health()).length === 0 ? 1 : 0);
  });
  return { metrics, health, watch: (call, run) => timed(call, run).finally(health.sign) };
}
