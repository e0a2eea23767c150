import { flushCompileCache } from 'node:module';
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
      const started = await startWorker({ settings, config, env: process.env, log, clock: systemClock, instrument: interrupted });
      // Most of these processes are killed, and what is killed leaves no compiled code behind for the next.
      flushCompileCache();
      return started;
    },
  },
  [],
);
