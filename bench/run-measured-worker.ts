import { workerSettingsSchema } from '@reembed/contracts';
import { createLog, loadSettings, runUntilTold, systemClock } from '@reembed/process';
import { startWorker, type WorkerOptions } from '@reembed/worker';

/** Runs a worker with the settings of its environment and no models but what `instrument` gives it, tells its parent when it is ready, and ends when told. */
export async function runMeasuredWorker(name: string, instrument: WorkerOptions['instrument'] & {}): Promise<void> {
  const log = createLog(name, process.env.REEMBED_LOG ?? 'warn');
  const settings = loadSettings(workerSettingsSchema, process.env);
  const worker = await startWorker({ settings, config: { models: {} }, env: {}, log, clock: systemClock, instrument });
  process.send?.({ ready: true });
  await runUntilTold(worker, log);
}
