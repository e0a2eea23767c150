import { randomUUID } from 'node:crypto';
import { auditCollection, isOwnCollection, recordsCollection } from '@reembed/contracts';
import { createQdrantLocal, type QdrantLocal, type QdrantLocalOptions } from '@reembed/qdrant-local';

/** A Qdrant for one test file or one test: a local one of its own, or the real one of `REEMBED_TEST_QDRANT_URL`, shared with others. */
export type TestQdrant = AsyncDisposable & {
  readonly url: string;
  /** Its gRPC interface (`REEMBED_TEST_QDRANT_GRPC_URL`); undefined: it has none, as the local one. */
  readonly grpcUrl: string | undefined;
  /** With its fault switches; null where the server is a real one. */
  readonly local: QdrantLocal | null;
  /** A name nobody else uses, for a collection or an alias; whatever bears it at the end, or a name that begins with it, is deleted, with what is kept of migrations into it. */
  collectionName(prefix: string): string;
};

/** With options (an older version, an API key) it is a local one in any case. */
export async function startTestQdrant(
  options?: QdrantLocalOptions,
  given: string | undefined = process.env.REEMBED_TEST_QDRANT_URL,
): Promise<TestQdrant> {
  return given === undefined || given === '' || options !== undefined ? startLocal(options) : useGiven(given.replace(/\/+$/, ''));
}

async function startLocal(options: QdrantLocalOptions = {}): Promise<TestQdrant> {
  const local = createQdrantLocal(options);
  await local.start();
  return {
    url: local.url,
    grpcUrl: undefined,
    local,
    collectionName: uniqueName,
    [Symbol.asyncDispose]: () => local.stop(),
  };
}

/**
 * Deletes only what bears its own names, which nobody can guess, and what reembed keeps of migrations into it: the server may hold other
 * people's collections.
 */
function useGiven(url: string): TestQdrant {
  const named: string[] = [];
  return {
    url,
    grpcUrl: process.env.REEMBED_TEST_QDRANT_GRPC_URL || undefined,
    local: null,
    collectionName(prefix) {
      const name = uniqueName(prefix);
      named.push(name);
      return name;
    },
    async [Symbol.asyncDispose]() {
      const actions = named.map((alias_name) => ({ delete_alias: { alias_name } }));
      await send(`${url}/collections/aliases`, 'POST', { actions });
      const isOurs = (name: string) => named.some((begin) => name.startsWith(begin));
      const ours = (await namesAt(url)).filter(isOurs);
      const migrations = await migrationsOf(url, ours, isOurs);
      for (const id of migrations) await forget(url, id);
      await forgetActs(url, [...migrations], named);
      for (const name of ours) await send(`${url}/collections/${encodeURIComponent(name)}`, 'DELETE');
      await dropRecordsOfNobody(url);
    },
  };
}

async function namesAt(url: string): Promise<string[]> {
  const { collections } = await send<{ collections: { name: string }[] }>(`${url}/collections`, 'GET');
  return collections.map(({ name }) => name);
}

type Info = { readonly points_count: number; readonly config: { readonly metadata?: { readonly reembed?: { readonly id?: string } } } };

/** The migrations into our collections: those that they tell of, and those of which their targets are gone. */
async function migrationsOf(url: string, ours: readonly string[], isOurs: (name: string) => boolean): Promise<Set<string>> {
  const told = ours.map((name) => send<Info>(`${url}/collections/${encodeURIComponent(name)}`, 'GET'));
  const claims = (await Promise.all(told)).flatMap(({ config }) => config.metadata?.reembed?.id ?? []);
  if (!(await namesAt(url)).includes(recordsCollection)) return new Set(claims);
  const { points } = await send<{ points: { payload: { migration: string; view: { target: string } } }[] }>(
    `${url}/collections/${recordsCollection}/points/scroll`,
    ...(['POST', { limit: 10_000, with_payload: true, filter: { must: [{ key: 'part', match: { value: 'view' } }] } }] as const),
  );
  const records = points.filter(({ payload }) => isOurs(payload.view.target)).map(({ payload }) => payload.migration);
  return new Set([...claims, ...records]);
}

/** What reembed keeps of a migration of its own. */
async function forget(url: string, id: string): Promise<void> {
  const names = await namesAt(url);
  for (const name of names.filter((one) => isOwnCollection(one) && one.startsWith(`reembed.${id}.`)))
    await send(`${url}/collections/${encodeURIComponent(name)}`, 'DELETE');
  const filter = { must: [{ key: 'migration', match: { value: id } }] };
  if (names.includes(recordsCollection)) await send(`${url}/collections/${recordsCollection}/points/delete?wait=true`, 'POST', { filter });
}

/** Lines of the audit trail that tell of our migrations, or whose words name our collections. */
async function forgetActs(url: string, migrations: readonly string[], named: readonly string[]): Promise<void> {
  if (!(await namesAt(url)).includes(auditCollection)) return;
  const words = named.map((name) => ({ key: 'words', match: { text: name } }));
  const filter = { should: [{ key: 'migration', match: { any: migrations } }, ...words] };
  await send(`${url}/collections/${auditCollection}/points/delete?wait=true`, 'POST', { filter });
}

/** Empty, and nothing else is there: no other test is about to keep something in them. */
async function dropRecordsOfNobody(url: string): Promise<void> {
  const names = await namesAt(url);
  const kept: readonly string[] = [auditCollection, recordsCollection];
  if (names.some((name) => !kept.includes(name))) return;
  for (const name of names) {
    const { points_count: points } = await send<Info>(`${url}/collections/${name}`, 'GET');
    if (points === 0) await send(`${url}/collections/${name}`, 'DELETE');
  }
}

function uniqueName(prefix: string): string {
  return `${prefix}-${randomUUID().slice(0, 13)}`;
}

/** The `result` of an answer. */
async function send<Result = unknown>(url: string, method: string, body?: object): Promise<Result> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await fetch(url, { method, headers: { 'content-type': 'application/json' }, ...sent });
  if (!answer.ok) throw new Error(`${method} ${url} was answered with ${answer.status}: ${await answer.text()}`);
  return ((await answer.json()) as { result: Result }).result;
}
