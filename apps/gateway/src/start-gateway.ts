import { type ConnectOptions, connect, type SearchWatch } from '@reembed/client';
import { errorCodes, type GatewaySettings, isLoopback } from '@reembed/contracts';
import { isReembedError, ReembedError } from '@reembed/core';
import { createModelCatalogue, createTextSources, inferenceHeaders, type ReembedConfig } from '@reembed/embedders';
import { createAdapterFiles } from '@reembed/learned-maps';
import { type AppOptions, portRefused, type Service } from '@reembed/process';
import { createMetrics } from '@reembed/process/metrics';
import { type Health, startStatusServer } from '@reembed/process/status-server';
import { watchModels, watchQdrant } from '@reembed/process/watch-calls';
import { createQdrantCollections, type QdrantAddress } from '@reembed/qdrant';
import { buildGateway } from './build-gateway.ts';
import { countSearches } from './counted-searches.ts';
import { createKeptTexts } from './kept-texts.ts';
import { createSharedBudget } from './shared-budget.ts';

export type Gateway = Service & { readonly url: string };

/** Requests to Qdrant under way at once, of one gateway. */
const connections = 256;

/** How long Qdrant may take to show that it is there, in ms: whoever asks for health waits no longer. */
const healthTimeoutMs = 2_000;

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
  const metrics = createMetrics('gateway');
  const catalogue = watchModels(createModelCatalogue({ config, env, modelsDir }), metrics, clock);
  const kept = settings.queryLogFile === undefined ? null : createKeptTexts(settings.queryLogFile, { clock, log });
  const shared = await createSharedBudget({ settings, catalogue, clock, log });
  const connected = connect({
    budget: shared.budget,
    bothSides: bothSidesOf(settings, { ...countSearches(metrics, shared.tally), text: (words) => kept?.keep(words) }),
    ...{ url, apiKey, requestTimeoutMs, connections, clock, embedTimeoutMs, keptQueries, holdWritesMs },
    watch: watchQdrant(metrics, clock),
    catalogue,
    learnedMaps: createAdapterFiles(filesDir),
    textSources: createTextSources({ config, env, filesDir }),
    inferenceHeaders: inferenceHeaders(config, env),
  });
  const health = qdrantHealth({ url, apiKey, requestTimeoutMs: Math.min(requestTimeoutMs, healthTimeoutMs) });
  const status = await startStatusServer({ settings, metrics, health, log }).catch(async (error: unknown) => {
    await Promise.all([connected.close(), shared.close(), kept?.close()]);
    throw error;
  });
  const server = buildGateway({ ...connected, token, metrics, log });
  const address = await server.listen({ host, port }).catch(async (error: unknown) => {
    await status.stop();
    await Promise.all([connected.close(), shared.close(), kept?.close()]);
    throw portRefused(error, settings, { host: 'REEMBED_GATEWAY_HOST', port: 'REEMBED_GATEWAY_PORT' });
  });
  log.info({ url: address }, 'gateway is ready');
  const end = async () => {
    await server.close();
    await status.stop();
    await Promise.all([connected.close(), shared.close(), kept?.close()]);
  };
  let ended: Promise<void> | undefined;
  return {
    name: address,
    url: address,
    stop() {
      ended ??= end();
      return ended;
    },
  };
}

function bothSidesOf(
  { shadowShare, shadowPerSecond: perSecond, splitShare, splitHeader: header }: GatewaySettings,
  watch: SearchWatch,
): NonNullable<ConnectOptions['bothSides']> {
  return { shadow: { share: shadowShare, perSecond }, split: { share: splitShare, header }, watch };
}

/** A gateway is well where its Qdrant answers. */
function qdrantHealth(address: QdrantAddress): Health {
  const collections = createQdrantCollections(address);
  return async () => {
    try {
      await collections.serverVersion();
      return [];
    } catch (error) {
      if (isReembedError(error)) return [`${errorCodes[error.code].meaning} [${error.code}]`];
      throw error;
    }
  };
}
