import { workerSettingsSchema } from '@reembed/contracts';
import { loadReembedConfig } from '@reembed/embedders';
import { runApp, systemClock } from '@reembed/process';
import { startWorker } from '@reembed/worker';
import { interrupted } from './interruption.ts';
import { letClockBeSet } from './settable-clock.ts';

letClockBeSet();
await runApp(
  {
    name: 'worker',
    schema: workerSettingsSchema,
    start: async (settings, log) => {
      const config = await loadReembedConfig(settings.configFile);
      return startWorker({ settings, config, env: process.env, log, clock: systemClock, instrument: interrupted });
    },
  },
  [],
);
