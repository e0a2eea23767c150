import { workerSettingsSchema } from '@reembed/contracts';
import { createLog, loadSettings, runUntilTold, systemClock } from '@reembed/process';
import { startWorker } from '@reembed/worker';
import { meterIdle } from '../idle-meter.ts';
import { withInstantEmbedders } from './instant-embedder.ts';

/** The worker as it is, and what it costs over a span of time that it is told. */
export type IdleTask = { readonly ms: number };

const dimensions = Number(process.argv[2]);
process.on('message', ({ ms }: IdleTask) => {
  void meterIdle(ms).then((measured) => process.send?.({ measured }));
});

const log = createLog('idle-worker', process.env.REEMBED_LOG ?? 'warn');
const worker = await startWorker({
  settings: loadSettings(workerSettingsSchema, process.env),
  config: { models: {} },
  env: {},
  log,
  clock: systemClock,
  instrument: ({ catalogue, ...rest }) => ({ ...rest, catalogue: withInstantEmbedders(catalogue, dimensions) }),
});
process.send?.({ ready: true });
await runUntilTold(worker, log);
