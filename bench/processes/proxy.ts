import type { AddressInfo } from 'node:net';
import httpProxy from '@fastify/http-proxy';
import { gatewaySettingsSchema } from '@reembed/contracts';
import { startGateway } from '@reembed/gateway';
import { createLog, systemClock } from '@reembed/process';
import Fastify from 'fastify';

/** What stands before a Qdrant: `gateway`, or `http-proxy`, which passes everything on and knows nothing. Answers its address. */
const [kind, qdrantUrl = ''] = process.argv.slice(2);

async function startHttpProxy(): Promise<string> {
  const server = Fastify();
  await server.register(httpProxy, { upstream: qdrantUrl });
  await server.listen({ port: 0 });
  return `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
}

async function startOurs(): Promise<string> {
  const settings = gatewaySettingsSchema.parse({ qdrantUrl, port: 0 });
  return (await startGateway({ settings, config: { models: {} }, env: {}, log: createLog('bench', 'error'), clock: systemClock })).url;
}

const url = await (kind === 'gateway' ? startOurs() : startHttpProxy());
process.on('message', () => process.send?.({ measured: { url } }));
process.send?.({ ready: true });
