import { subscribe } from 'node:diagnostics_channel';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Measurement } from './measurement.ts';

let requests = 0;
// Everything that this process sends over HTTP goes to Qdrant.
subscribe('undici:request:create', () => {
  requests += 1;
});

/** What this process costs over `ms` while it has nothing to do; `points`: its requests to Qdrant. */
export async function meterIdle(ms: number): Promise<Measurement> {
  const [cpu, before, startedAt] = [process.cpuUsage(), requests, performance.now()];
  await sleep(ms);
  const { user, system } = process.cpuUsage(cpu);
  const rss = process.memoryUsage.rss() / 2 ** 20;
  return {
    points: requests - before,
    ms: performance.now() - startedAt,
    cpuMs: (user + system) / 1_000,
    rssEarlyMiB: rss,
    rssLateMiB: rss,
  };
}
