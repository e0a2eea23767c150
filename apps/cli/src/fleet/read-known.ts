import type { AuditPage, MigrationView } from '@reembed/contracts';
import { type AuditQuery, isReembedError, ReembedError } from '@reembed/core';
import type { ApiClient, Listed } from '../api/api-client.ts';
import type { Cli } from '../terminal/host.ts';
import { runningCoordinator } from './find-coordinator.ts';
import type { KeptRecords } from './kept-records.ts';

/** What can be asked about a migration without a fleet that works on it. */
export type Reading = Pick<ApiClient, 'view' | 'report' | 'failures' | 'lateWrites' | 'compare'>;

/**
 * Reads of the running coordinator, or, where none answers or it does not know the migration, of what the Qdrant of QDRANT_URL keeps, which
 * is said in a line on stderr. Nothing is started, taken over or written, whoever works on the migration. Throws `not-found` where neither
 * knows it.
 */
export async function readKnown<T>(cli: Cli, id: string, read: (from: Reading) => Promise<T>): Promise<T> {
  return asked(cli, read, async (why) => {
    const kept = await connectKept(cli);
    const record = await kept.load(id);
    if (record === null) throw unknown(id, why, kept.url);
    cli.err(`${sentence(why)}: this is what Qdrant at ${kept.url} keeps of migration ${record.view.id}, as of ${record.at}.`);
    return read(kept.readingOf(record));
  });
}

/** Every migration that the running coordinator knows, and those besides that Qdrant keeps, newest first. */
export async function listKnown(cli: Cli): Promise<Listed> {
  const running = await asked(
    cli,
    (api) => api.list(),
    async (why) => why,
  );
  if ('error' in running) return { migrations: await listKept(cli, running), unreadable: [] };
  const { migrations, unreadable } = running;
  return { migrations: [...migrations, ...(await besides(cli, migrations))].sort(newestFirst), unreadable };
}

/** Lines of the audit trail, of the running coordinator or of what Qdrant keeps. */
export async function readKnownAudit(cli: Cli, query: AuditQuery): Promise<AuditPage> {
  return asked(
    cli,
    (api) => api.audit(query),
    async (why) => {
      const kept = await connectKept(cli);
      cli.err(`${sentence(why)}: this is what Qdrant at ${kept.url} keeps.`);
      return kept.audit(query);
    },
  );
}

async function listKept(cli: Cli, why: Unanswered): Promise<MigrationView[]> {
  const kept = await connectKept(cli);
  const records = await kept.list();
  cli.err(`${sentence(why)}: this is what Qdrant at ${kept.url} keeps.`);
  return [...records];
}

/** Where no Qdrant answers, the coordinator's list is all there is. */
async function besides(cli: Cli, running: readonly MigrationView[]): Promise<MigrationView[]> {
  const kept = await connectKept(cli).catch(orNull);
  if (kept === null) return [];
  const others = (await kept.list()).filter(({ id }) => !running.some((known) => known.id === id));
  if (others.length > 0)
    cli.err(`Not known to the running coordinator, but kept by Qdrant at ${kept.url}: ${others.map(({ id }) => id).join(', ')}.`);
  return others;
}

function newestFirst(a: MigrationView, b: MigrationView): number {
  return a.createdAt < b.createdAt ? 1 : -1;
}

function orNull(error: unknown): null {
  if (isReembedError(error)) return null;
  throw error;
}

/** Why the coordinator is not the one who tells. */
type Unanswered = { readonly url: string; readonly error: ReembedError };

/** Errors after which somebody else may know. */
const passedOn = ['coordinator-unreachable', 'not-found'];

async function asked<T, Else>(
  cli: Cli,
  read: (api: ApiClient) => Promise<T>,
  otherwise: (why: Unanswered) => Promise<Else>,
): Promise<T | Else> {
  const api = runningCoordinator(cli);
  try {
    return await read(api);
  } catch (error) {
    if (!isReembedError(error) || !passedOn.includes(error.code)) throw error;
    return await otherwise({ url: api.url, error });
  } finally {
    await api.close();
  }
}

/** Loaded only where the coordinator does not tell. */
async function connectKept(cli: Cli): Promise<KeptRecords> {
  return (await import('./kept-records.ts')).connectKeptRecords(cli);
}

function sentence({ url, error }: Unanswered): string {
  return error.code === 'not-found' ? `The coordinator at ${url} does not know it` : `No coordinator answers at ${url}`;
}

function unknown(id: string, why: Unanswered, url: string): ReembedError {
  return new ReembedError(
    'not-found',
    `there is no migration ${JSON.stringify(id)}: Qdrant at ${url} keeps nothing of it. ${sentence(why)}. \`reembed list\` shows those that are known; ` +
      'REEMBED_URL names its coordinator, QDRANT_URL its Qdrant',
  );
}
