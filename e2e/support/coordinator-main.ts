import { flushCompileCache } from 'node:module';
import { coordinatorSettingsSchema } from '@reembed/contracts';
import { startCoordinator } from '@reembed/coordinator';
import { loadReembedConfig } from '@reembed/embedders';
import { runApp } from '@reembed/process';
import { interrupted } from './interruption.ts';
import { letClockBeSet } from './settable-clock.ts';

letClockBeSet();
await runApp(
  {
    name: 'coordinator',
    schema: coordinatorSettingsSchema,
    loadConfig: loadReembedConfig,
    start: async (options) => {
      const started = await startCoordinator({ ...options, instrument: interrupted });
      // Most of these processes are killed, and what is killed leaves no compiled code behind for the next.
      flushCompileCache();
      return started;
    },
  },
  [],
);
