import { workerSettingsSchema } from '@reembed/contracts';
import { loadReembedConfig } from '@reembed/embedders';
import { runApp, systemClock } from '@reembed/process';
import { startWorker } from './start-worker.ts';

await runApp(
  {
    name: 'worker',
    schema: workerSettingsSchema,
    start: async (settings, log) =>
      startWorker({ settings, config: await loadReembedConfig(settings.configFile), env: process.env, log, clock: systemClock }),
  },
  process.argv.slice(2),
);
