import { gatewaySettingsSchema } from '@reembed/contracts';
import { createLog, systemClock } from '@reembed/process';
import { createQdrantCollections } from '@reembed/qdrant';
import { startTestQdrant } from '@reembed/testkit';
import type { Logger } from 'pino';
import { startGateway } from './start-gateway.ts';

type Options = {
  readonly apiKey?: string;
  readonly token?: string;
  readonly vectors?: Readonly<Record<string, object>>;
  /** As they stand in the environment of a gateway. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly log?: Logger;
  /** Where providers are, and their keys. */
  readonly env?: Readonly<Record<string, string>>;
};

/** A gateway before a Qdrant with a collection of a model that needs no network, behind the alias `alias`. */
export async function startScene({ apiKey, token, vectors, settings: more, log = createLog('gateway', 'silent'), env = {} }: Options = {}) {
  const qdrant = await startTestQdrant(apiKey === undefined ? undefined : { apiKey });
  const [alias, collection] = [qdrant.collectionName('docs'), qdrant.collectionName('docs_v1')];
  const collections = createQdrantCollections({ url: qdrant.url, apiKey, requestTimeoutMs: 10_000 });
  const origins = vectors ?? { '': { model: 'hash/64', dimensions: 64, text: '{{body}}' } };
  const named = Object.fromEntries(Object.keys(origins).map((name) => [name, { size: 64, distance: 'Cosine' }]));
  await collections.create(collection, { vectors: named[''] ?? named, metadata: { reembed: { vectors: origins } } });
  await collections.pointAlias(alias, collection);
  const settings = gatewaySettingsSchema.parse({ qdrantUrl: qdrant.url, qdrantApiKey: apiKey, token, port: 0, ...more });
  const gateway = await startGateway({
    settings,
    config: { models: {} },
    env,
    log,
    clock: systemClock,
  });
  return {
    ...{ qdrant, gateway, collections, alias, collection, url: gateway.url },
    [Symbol.asyncDispose]: async () => {
      await gateway.stop();
      await qdrant[Symbol.asyncDispose]();
    },
  };
}
