import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { coordinatorSettingsSchema } from '@reembed/contracts';
import { startCoordinator } from '@reembed/coordinator';
import { createLog, loadSettings, runUntilTold, systemClock } from '@reembed/process';

/** A coordinator as it is, and its memory after a span of time that it is told. `heapMiB`: what is alive, once everything else has been collected. */
export type MemoryTask = { readonly afterMs: number };
export type Memory = { readonly url: string; readonly rssMiB: number; readonly heapMiB: number };

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const log = createLog('coordinator', process.env.REEMBED_LOG ?? 'error');
const settings = { ...loadSettings(coordinatorSettingsSchema, process.env), port: 0 };
const coordinator = await startCoordinator({ settings, config: { models: {} }, env: {}, log, clock: systemClock });

process.on('message', ({ afterMs }: MemoryTask) => {
  void sleep(afterMs).then(() => {
    const rssMiB = process.memoryUsage.rss() / 2 ** 20;
    collect();
    process.send?.({ measured: { url: coordinator.url, rssMiB, heapMiB: process.memoryUsage().heapUsed / 2 ** 20 } satisfies Memory });
  });
});
process.send?.({ ready: true });
await runUntilTold(coordinator, log);
