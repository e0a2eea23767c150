import { flushCompileCache } from 'node:module';
import { workerSettingsSchema } from '@reembed/contracts';
import { loadReembedConfig } from '@reembed/embedders';
import { runApp } from '@reembed/process';
import { startWorker } from '@reembed/worker';
import { interrupted } from './interruption.ts';
import { letClockBeSet } from './settable-clock.ts';

letClockBeSet();
await runApp(
  {
    name: 'worker',
    schema: workerSettingsSchema,
    loadConfig: loadReembedConfig,
    start: async (options) => {
      const started = await startWorker({ ...options, instrument: interrupted });
      // Most of these processes are killed, and what is killed leaves no compiled code behind for the next.
      flushCompileCache();
      return started;
    },
  },
  [],
);
