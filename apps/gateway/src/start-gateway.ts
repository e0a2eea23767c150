import { connect } from '@reembed/client';
import type { GatewaySettings } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';
import { createModelCatalogue, createTextSources, inferenceHeaders, type ReembedConfig } from '@reembed/embedders';
import { createAdapterFiles } from '@reembed/learned-maps';
import { type AppOptions, isLoopback, portRefused, type Service } from '@reembed/process';
import { buildGateway } from './build-gateway.ts';

export type Gateway = Service & { readonly url: string };

/** Requests to Qdrant under way at once, of one gateway. */
const connections = 256;

/** Serves Qdrant's API. Throws `invalid-config` where it would be open to a network without a token. */
export async function startGateway({ settings, config, env, log, clock }: AppOptions<GatewaySettings, ReembedConfig>): Promise<Gateway> {
  const { host, port, token } = settings;
  if (!isLoopback(host) && token === undefined) {
    const message = `REEMBED_GATEWAY_HOST is ${host}, which is not loopback: set REEMBED_GATEWAY_TOKEN, or listen on 127.0.0.1`;
    throw new ReembedError('invalid-config', message);
  }
  const {
    qdrantUrl: url,
    qdrantApiKey: apiKey,
    requestTimeoutMs,
    filesDir,
    modelsDir,
    embedTimeoutMs,
    keptQueries,
    holdWritesMs,
  } = settings;
  const connected = connect({
    ...{ url, apiKey, requestTimeoutMs, connections, clock, embedTimeoutMs, keptQueries, holdWritesMs },
    catalogue: createModelCatalogue({ config, env, modelsDir }),
    learnedMaps: createAdapterFiles(filesDir),
    textSources: createTextSources({ config, env, filesDir }),
    inferenceHeaders: inferenceHeaders(config, env),
  });
  const server = buildGateway({ ...connected, token, log });
  const address = await server.listen({ host, port }).catch(async (error: unknown) => {
    await connected.close();
    throw portRefused(error, settings, { host: 'REEMBED_GATEWAY_HOST', port: 'REEMBED_GATEWAY_PORT' });
  });
  log.info({ url: address }, 'gateway is ready');
  return {
    name: address,
    url: address,
    async stop() {
      await server.close();
      await connected.close();
    },
  };
}
