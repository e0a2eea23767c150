import { gatewaySettingsSchema } from '@reembed/contracts';
import { loadReembedConfig } from '@reembed/embedders';
import { runApp } from '@reembed/process';
import { startGateway } from './start-gateway.ts';

await runApp({ name: 'gateway', schema: gatewaySettingsSchema, loadConfig: loadReembedConfig, start: startGateway }, process.argv.slice(2));
