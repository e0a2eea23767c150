import { randomUUID } from 'node:crypto';
import { createQdrantLocal, type QdrantLocal, type QdrantLocalOptions } from '@reembed/qdrant-local';

/** A Qdrant for one test file or one test: a local one of its own, or the real one of `REEMBED_TEST_QDRANT_URL`, shared with others. */
export type TestQdrant = AsyncDisposable & {
  readonly url: string;
  /** With its fault switches; null where the server is a real one. */
  readonly local: QdrantLocal | null;
  /** A name nobody else uses, for a collection or an alias; whatever bears it at the end, or a name that begins with it, is deleted. */
  collectionName(prefix: string): string;
};

/** With options (an older version, an API key) it is a local one in any case. */
export async function startTestQdrant(options?: QdrantLocalOptions): Promise<TestQdrant> {
  const given = process.env.REEMBED_TEST_QDRANT_URL;
  return given === undefined || given === '' || options !== undefined ? startLocal(options) : useGiven(given.replace(/\/+$/, ''));
}

async function startLocal(options: QdrantLocalOptions = {}): Promise<TestQdrant> {
  const local = createQdrantLocal(options);
  await local.start();
  return {
    url: local.url,
    local,
    collectionName: uniqueName,
    [Symbol.asyncDispose]: () => local.stop(),
  };
}

/** Deletes only what bears its own names, which nobody can guess: the server may hold other people's collections. */
function useGiven(url: string): TestQdrant {
  const named: string[] = [];
  return {
    url,
    local: null,
    collectionName(prefix) {
      const name = uniqueName(prefix);
      named.push(name);
      return name;
    },
    async [Symbol.asyncDispose]() {
      const actions = named.map((alias_name) => ({ delete_alias: { alias_name } }));
      await send(`${url}/collections/aliases`, 'POST', JSON.stringify({ actions }));
      const { result } = (await send(`${url}/collections`, 'GET')) as { result: { collections: { name: string }[] } };
      const ours = result.collections.filter(({ name }) => named.some((begin) => name.startsWith(begin)));
      for (const { name } of ours) await send(`${url}/collections/${encodeURIComponent(name)}`, 'DELETE');
    },
  };
}

function uniqueName(prefix: string): string {
  return `${prefix}-${randomUUID().slice(0, 13)}`;
}

async function send(url: string, method: string, body?: string): Promise<unknown> {
  const answer = await fetch(url, { method, headers: { 'content-type': 'application/json' }, ...(body === undefined ? {} : { body }) });
  if (!answer.ok) throw new Error(`${method} ${url} was answered with ${answer.status}: ${await answer.text()}`);
  return answer.json();
}
