import { flushCompileCache } from 'node:module';
import { coordinatorSettingsSchema } from '@reembed/contracts';
import { startCoordinator } from '@reembed/coordinator';
import { loadReembedConfig } from '@reembed/embedders';
import { runApp, systemClock } from '@reembed/process';
import { interrupted } from './interruption.ts';
import { letClockBeSet } from './settable-clock.ts';

letClockBeSet();
await runApp(
  {
    name: 'coordinator',
    schema: coordinatorSettingsSchema,
    start: async (settings, log) => {
      const config = await loadReembedConfig(settings.configFile);
      const started = await startCoordinator({ settings, config, env: process.env, log, clock: systemClock, instrument: interrupted });
      // Most of these processes are killed, and what is killed leaves no compiled code behind for the next.
      flushCompileCache();
      return started;
    },
  },
  [],
);
