import { coordinatorSettingsSchema } from '@reembed/contracts';
import { loadReembedConfig } from '@reembed/embedders';
import { runApp, systemClock } from '@reembed/process';
import { startCoordinator } from './start-coordinator.ts';

await runApp(
  {
    name: 'coordinator',
    schema: coordinatorSettingsSchema,
    start: async (settings, log) =>
      startCoordinator({ settings, config: await loadReembedConfig(settings.configFile), env: process.env, log, clock: systemClock }),
  },
  process.argv.slice(2),
);
