import { workerSettingsSchema } from '@reembed/contracts';
import { loadReembedConfig } from '@reembed/embedders';
import { runApp } from '@reembed/process';
import { startWorker } from './start-worker.ts';

await runApp({ name: 'worker', schema: workerSettingsSchema, loadConfig: loadReembedConfig, start: startWorker }, process.argv.slice(2));
