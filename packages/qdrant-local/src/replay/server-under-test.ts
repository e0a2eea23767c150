import { isObject, type JsonValue } from '../json/json-value.ts';
import { createQdrantLocal } from '../server/qdrant-local.ts';
import { send } from './exchange.ts';

/** The server that a test talks to: a local one of its own, or the real one that `REEMBED_TEST_QDRANT_URL` names. */
export type ServerUnderTest = AsyncDisposable & { url: string; wipe(): Promise<void> };

/** Throws where the given server is not empty: tests never touch what they did not make. */
export async function openServerUnderTest(given: string | undefined): Promise<ServerUnderTest> {
  if (given !== undefined && given !== '') {
    const found = await collectionNames(given);
    if (found.length > 0) throw new Error(`${given} holds ${found.length} collections; tests need an empty server`);
    return { url: given, wipe: () => wipe(given), [Symbol.asyncDispose]: () => wipe(given) };
  }
  const server = createQdrantLocal();
  await server.start();
  return { url: server.url, wipe: () => wipe(server.url), [Symbol.asyncDispose]: () => server.stop() };
}

export async function wipe(url: string): Promise<void> {
  for (const name of await collectionNames(url))
    await send(url, { method: 'DELETE', path: `/collections/${encodeURIComponent(name)}`, body: undefined });
}

export async function collectionNames(url: string): Promise<string[]> {
  const { body } = await send(url, { method: 'GET', path: '/collections', body: undefined });
  const result: JsonValue | undefined = isObject(body) ? body.get('result') : undefined;
  const collections = isObject(result) ? result.get('collections') : undefined;
  return (Array.isArray(collections) ? collections : []).flatMap((item) => {
    const name = isObject(item) ? item.get('name') : undefined;
    return typeof name === 'string' ? [name] : [];
  });
}
