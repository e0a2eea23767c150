import { type MigrationMetadata, readMigration } from '@reembed/contracts';
import { type Collections, ReembedError } from '@reembed/core';
import { type ApiClient, createApiClient, defaultUrl } from './api-client.ts';
import { connectQdrant } from './connect-qdrant.ts';
import { type Fleet, startFleet } from './fleet/start-fleet.ts';
import type { Cli } from './host.ts';

/** The coordinator that is running: REEMBED_URL, or the one at the default address. */
export function runningCoordinator({ env }: Pick<Cli, 'env'>): ApiClient {
  return createApiClient({ url: env.REEMBED_URL || defaultUrl, token: env.REEMBED_TOKEN });
}

/** A coordinator to give a command to, and what has to end with it. */
export type Access = AsyncDisposable & { readonly api: ApiClient; readonly fleet: Fleet | null };

/**
 * The running coordinator, or, where REEMBED_URL names none and none answers, a fleet of our own that takes the migration over from its
 * target's metadata: so `reembed switch` works after a `reembed run` that brought its own fleet and has ended.
 */
export async function accessFor(cli: Cli, id: string): Promise<Access> {
  const api = runningCoordinator(cli);
  if (cli.env.REEMBED_URL || (await api.answers())) return { api, fleet: null, [Symbol.asyncDispose]: () => api.close() };
  await api.close();
  const qdrant = await connectQdrant(cli.env);
  const stored = await findMigration(qdrant.collections, id);
  if (stored === null) {
    throw new ReembedError(
      'not-found',
      `no coordinator answers at ${defaultUrl}, and no collection at ${qdrant.url} belongs to a migration ${JSON.stringify(id)}: ` +
        'set REEMBED_URL to its coordinator, or QDRANT_URL to its Qdrant',
    );
  }
  cli.say(`No coordinator is running: starting one for migration ${id}.`);
  const own = await ownFleet(cli, qdrant.url, 2);
  try {
    await own.api.adopt(stored.spec.target.collection);
    return own;
  } catch (error) {
    await own[Symbol.asyncDispose]();
    throw error;
  }
}

/** A fleet of our own with a client for it. */
export async function ownFleet(cli: Cli, qdrantUrl: string, workers: number): Promise<Access & { readonly fleet: Fleet }> {
  const { env, verbose, err } = cli;
  const fleet = await startFleet({ env, qdrantUrl, workers, verbose, err });
  const api = createApiClient({ url: fleet.url, token: env.REEMBED_TOKEN });
  return {
    api,
    fleet,
    async [Symbol.asyncDispose]() {
      await api.close();
      await fleet[Symbol.asyncDispose]();
    },
  };
}

/** The migration of that id as some target's metadata tells of it. */
export async function findMigration(collections: Collections, id: string): Promise<MigrationMetadata | null> {
  for (const name of await collections.names()) {
    const info = await collections.describe(name);
    const stored = readMigration(info?.metadata);
    if (stored?.id === id) return stored;
  }
  return null;
}
