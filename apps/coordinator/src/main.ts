import { coordinatorSettingsSchema } from '@reembed/contracts';
import { loadReembedConfig } from '@reembed/embedders';
import { runApp } from '@reembed/process';
import { startCoordinator } from './start-coordinator.ts';

await runApp(
  { name: 'coordinator', schema: coordinatorSettingsSchema, loadConfig: loadReembedConfig, start: startCoordinator },
  process.argv.slice(2),
);
