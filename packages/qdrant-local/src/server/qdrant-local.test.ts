import { expect, it } from 'vitest';
import type { SeenRequest } from './dispatch.ts';
import { createQdrantLocal, type QdrantLocalOptions } from './qdrant-local.ts';

async function open(options: QdrantLocalOptions = {}) {
  const server = createQdrantLocal(options);
  await server.start();
  return { server, url: server.url, [Symbol.asyncDispose]: () => server.stop() };
}

it('stops twice without complaint, and closes connections that clients keep open', async () => {
  const server = createQdrantLocal();
  await server.start();
  await (await fetch(server.url)).text();
  await server.stop();
  await server.stop();
  await expect(fetch(server.url)).rejects.toThrow();
});

it('has its port and its data again when it is started again', async () => {
  await using opened = await open();
  await fetch(`${opened.url}/collections/a`, { method: 'PUT', body: '{"vectors":{}}' });
  await opened.server.stop();
  await expect(fetch(opened.url)).rejects.toThrow();
  await opened.server.start();
  expect((await fetch(`${opened.url}/collections/a`)).status).toBe(200);
});

it('may be stopped before it was started', async () => {
  await createQdrantLocal().stop();
});

it('rejects where its port is taken', async () => {
  await using first = await open();
  await expect(createQdrantLocal({ port: first.server.port }).start()).rejects.toThrow('EADDRINUSE');
});

it('asks for its key in either header, but not for health checks', async () => {
  await using opened = await open({ apiKey: 'secret' });
  const status = async (path: string, headers: Record<string, string>) => (await fetch(opened.url + path, { headers })).status;
  expect(await status('/collections', {})).toBe(401);
  expect(await status('/collections', { 'api-key': 'wrong' })).toBe(401);
  expect(await status('/collections', { 'api-key': 'secret' })).toBe(200);
  expect(await status('/collections', { authorization: 'Bearer secret' })).toBe(200);
  expect(await status('/healthz', {})).toBe(200);
});

it('lets the key that only reads read, and do nothing else, not even nothing', async () => {
  await using opened = await open({ apiKey: 'secret', readOnlyApiKey: 'reader' });
  const ask = (method: string, path: string, body: unknown, key: string) =>
    fetch(opened.url + path, { method, body: JSON.stringify(body), headers: { 'api-key': key } });
  expect((await ask('PUT', '/collections/a', { vectors: { size: 2, distance: 'Dot' } }, 'secret')).status).toBe(200);
  expect((await ask('POST', '/collections/a/points/scroll', {}, 'reader')).status).toBe(200);
  expect((await ask('POST', '/collections/a/points', { ids: [1] }, 'reader')).status).toBe(200);
  const refused = await ask('POST', '/collections/aliases', { actions: [] }, 'reader');
  expect([refused.status, await refused.json()]).toMatchObject([403, { status: { error: 'Forbidden: Global manage access is required' } }]);
  expect((await ask('PUT', '/collections/a/points', { points: [] }, 'reader')).status).toBe(403);
  expect((await ask('POST', '/collections/aliases', { actions: [] }, 'secret')).status).toBe(200);
});

it('refuses a body of more than 32 MiB, as a server with its default settings does', async () => {
  await using opened = await open();
  const body = `{"ids":[${'1,'.repeat(17_000_000)}1]}`;
  const answer = await fetch(`${opened.url}/collections/a/points`, { method: 'POST', body });
  expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('is larger than allowed (limit: 33554432 bytes)')]);
});

it('shows every request to its observer before it answers', async () => {
  const seen: SeenRequest[] = [];
  await using opened = await open({ onRequest: (request) => seen.push(request) });
  await fetch(`${opened.url}/collections/a?x=1`, { method: 'PUT', body: '{"vectors":{}}' });
  expect(seen).toMatchObject([{ method: 'PUT', path: '/collections/a?x=1', body: '{"vectors":{}}' }]);
});

it('says that it is no cluster, as one server does', async () => {
  await using opened = await open();
  const answer = await fetch(`${opened.url}/cluster`);
  expect([answer.status, await answer.json()]).toMatchObject([200, { status: 'ok', result: { status: 'disabled' } }]);
});

it('says 501 and the name for what the real server has and it has not', async () => {
  await using opened = await open();
  await fetch(`${opened.url}/collections/a`, { method: 'PUT', body: '{"vectors":{"size":1,"distance":"Dot"}}' });
  const snapshot = await fetch(`${opened.url}/collections/a/snapshots`, { method: 'POST' });
  expect([snapshot.status, await snapshot.text()]).toEqual([501, expect.stringContaining('POST /collections/{collection}/snapshots')]);
  const recommend = await fetch(`${opened.url}/collections/a/points/query`, {
    method: 'POST',
    body: '{"query":{"recommend":{"positive":[1]}}}',
  });
  expect([recommend.status, await recommend.text()]).toEqual([501, expect.stringContaining('query recommend')]);
});

it('keeps a text index that it cannot search by, and answers a match on it with what is missing', async () => {
  await using opened = await open();
  const call = (method: string, path: string, body: object) =>
    fetch(`${opened.url}/collections/a${path}`, { method, body: JSON.stringify(body) });
  await call('PUT', '', { vectors: {} });
  const index = { type: 'text', tokenizer: 'word', ascii_folding: true };
  expect((await call('PUT', '/index', { field_name: 'body', field_schema: index })).status).toBe(200);
  const info = (await (await fetch(`${opened.url}/collections/a`)).json()) as { result: { payload_schema: object } };
  expect(info.result.payload_schema).toMatchObject({ body: { data_type: 'text', params: index } });
  const match = { filter: { must: [{ key: 'body', match: { text: 'strasse' } }] } };
  const answer = await call('POST', '/points/scroll', match);
  expect([answer.status, await answer.text()]).toEqual([501, expect.stringContaining('ascii_folding of a tokenizer')]);
});

it.each([
  ['PUT', '/collections/a/index', { field_name: 'body', field_schema: 'toString' }],
  ['POST', '/collections/a/points/batch', { operations: [{ toString: { points: [1] } }] }],
  ['POST', '/collections/aliases', { actions: [{ toString: { alias_name: 'b' } }] }],
])('refuses a name that only every JavaScript object has: %s %s', async (method, path, body) => {
  await using opened = await open();
  await fetch(`${opened.url}/collections/a`, { method: 'PUT', body: '{"vectors":{}}' });
  const answer = await fetch(opened.url + path, { method, body: JSON.stringify(body) });
  expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('did not match any variant')]);
});
