import { workerSettingsSchema } from '@reembed/contracts';
import { createLog, loadSettings, runUntilTold, systemClock } from '@reembed/process';
import { startWorker } from '@reembed/worker';

/** A worker to which every range is empty: what is left is what ranges cost themselves. */
const log = createLog('empty-worker', process.env.REEMBED_LOG ?? 'warn');
const worker = await startWorker({
  settings: loadSettings(workerSettingsSchema, process.env),
  config: { models: {} },
  env: {},
  log,
  clock: systemClock,
  instrument: ({ points, ...rest }) => ({ ...rest, points: { ...points, scroll: async () => ({ points: [], next: null }) } }),
});
process.send?.({ ready: true });
await runUntilTold(worker, log);
