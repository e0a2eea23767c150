import { commandLineSettingsSchema, type Owner, readMigration, readOwner, readPhase, withoutSecrets } from '@reembed/contracts';
import { type Collections, describeAll, findAddressed, hasEnded, otherFleet, ownerInWords, ReembedError, reembed } from '@reembed/core';
import { loadSettings } from '@reembed/process';
import { type ApiClient, createApiClient, defaultUrl } from '../api/api-client.ts';
import type { Cli } from '../terminal/host.ts';
import { isFree } from './ownership.ts';

/** A coordinator to give a command to, and what has to end with it. */
export type Access = AsyncDisposable & {
  readonly api: ApiClient;
  /** Whether this command has brought the fleet, which then ends with it. */
  readonly own: boolean;
  /** Rejects where a fleet of our own is lost; never resolves. */
  readonly lost: Promise<never>;
};

const coordinatorSchema = commandLineSettingsSchema.pick({ coordinatorUrl: true, token: true });

/** The coordinator of REEMBED_URL; null where that is not set. */
export function namedCoordinator({ env }: Pick<Cli, 'env'>): ApiClient | null {
  const { coordinatorUrl: url, token } = loadSettings(coordinatorSchema, env);
  return url === undefined ? null : createApiClient({ url, token });
}

/** The coordinator that is running: the one of REEMBED_URL, or at the default address. */
export function runningCoordinator({ env }: Pick<Cli, 'env'>): ApiClient {
  const { coordinatorUrl: url = defaultUrl, token } = loadSettings(coordinatorSchema, env);
  return createApiClient({ url, token });
}

/** For new work: the coordinator of REEMBED_URL, or a fleet of our own for the Qdrant of QDRANT_URL. */
export async function accessForWork(cli: Cli, workers: number): Promise<Access> {
  const named = namedCoordinator(cli);
  if (named !== null) return elsewhere(named);
  const { url } = await connectQdrant(cli);
  return ownFleet(cli, url, workers);
}

/**
 * For a word about a migration: the running coordinator, or, where REEMBED_URL names none and none answers, a fleet of our own that goes on from
 * what the migration's target says: so `reembed switch` works after a `reembed run` that brought its own fleet and has ended. Throws
 * `other-fleet` where it belongs to one that has not given it up, unless `takeOver` is said.
 */
export async function accessFor(cli: Cli, id: string, takeOver = false): Promise<Access> {
  const api = runningCoordinator(cli);
  if (cli.env.REEMBED_URL || (await api.answers())) {
    const access = elsewhere(api);
    return takeOver ? adopting(access, async () => (await api.view(id)).target, takeOver) : access;
  }
  await api.close();
  const qdrant = await connectQdrant(cli);
  const found = await findMigration(qdrant.collections, id);
  if (found === null) {
    throw new ReembedError(
      'not-found',
      `no coordinator answers at ${defaultUrl}, and no collection at ${withoutSecrets(qdrant.url)} belongs to a migration ${JSON.stringify(id)}: ` +
        'set REEMBED_URL to its coordinator, or QDRANT_URL to its Qdrant',
    );
  }
  const { owner, target, ended } = found;
  const isGivenUp = ended || owner === null || owner.releasedAt !== null;
  const isTaken = !isGivenUp && (takeOver || isFree(owner));
  if (!isGivenUp && !isTaken) throw otherFleet(id, owner, withTakeOver(cli));
  const from = isTaken ? `, which is taken over from ${ownerInWords(owner)}` : '';
  cli.say(`No coordinator is running: starting one for migration ${id}${from}.`);
  return adopting(await ownFleet(cli, qdrant.url, 2), async () => target, isTaken);
}

/** What was typed, with the word that takes a migration over. */
export function withTakeOver({ typed }: Pick<Cli, 'typed'>): string {
  return reembed(...typed, '--take-over');
}

/** With the migration of the target taken up there. */
async function adopting(access: Access, target: () => Promise<string>, takeOver: boolean): Promise<Access> {
  try {
    await access.api.adopt(await target(), { takeOver });
    return access;
  } catch (error) {
    await access[Symbol.asyncDispose]();
    throw error;
  }
}

/** For an act that takes no work up: the running coordinator, or one of our own, without workers. */
export async function accessWithoutWork(cli: Cli): Promise<Access> {
  const api = runningCoordinator(cli);
  if (cli.env.REEMBED_URL || (await api.answers())) return elsewhere(api);
  await api.close();
  const { url } = await connectQdrant(cli);
  return ownFleet(cli, url, 0);
}

/** A fleet of our own with a client for it. */
export async function ownFleet(cli: Pick<Cli, 'env' | 'verbose' | 'err'>, qdrantUrl: string, workers: number): Promise<Access> {
  const { env, verbose, err } = cli;
  const { startFleet } = await import('./start-fleet.ts');
  // It is on loopback and of whoever starts it: people and certificates are of a coordinator that others reach.
  const own = { ...env, REEMBED_ACCESS: undefined, REEMBED_TLS_CERT: undefined, REEMBED_TLS_KEY: undefined };
  const fleet = await startFleet({ env: own, qdrantUrl, workers, verbose, err });
  const api = createApiClient({ url: fleet.url, token: env.REEMBED_TOKEN });
  return {
    api,
    own: true,
    lost: fleet.lost,
    async [Symbol.asyncDispose]() {
      await api.close();
      await fleet[Symbol.asyncDispose]();
    },
  };
}

function elsewhere(api: ApiClient): Access {
  return { api, own: false, lost: new Promise(() => {}), [Symbol.asyncDispose]: () => api.close() };
}

/** Loaded only where no coordinator is asked. */
async function connectQdrant({ env }: Cli) {
  const qdrant = await import('../inputs/connect-qdrant.ts');
  return qdrant.connectQdrant(env);
}

type Found = { readonly id: string; readonly target: string; readonly owner: Owner | null; readonly ended: boolean };

/** The migration of that id, name or target as some target's metadata tells of it. */
async function findMigration(collections: Collections, word: string): Promise<Found | null> {
  const stored: (Found & { readonly name: string })[] = [];
  for await (const { metadata } of describeAll(collections)) {
    const [migration, phase] = [readMigration(metadata), readPhase(metadata)];
    if (migration === null) continue;
    const { id, spec } = migration;
    const ended = phase !== null && hasEnded(phase);
    stored.push({ id, name: spec.name, target: spec.target.collection, owner: readOwner(metadata), ended });
  }
  return findAddressed(stored, word, (found) => found);
}
