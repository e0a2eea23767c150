import { expect, it } from 'vitest';
import { fullVersion } from '../api/versions.ts';
import { send } from '../replay/exchange.ts';
import { createQdrantLocal } from './qdrant-local.ts';

async function open(asVersion: string) {
  const server = createQdrantLocal({ asVersion });
  await server.start();
  const ask = async (method: string, path: string, body?: unknown) =>
    send(server.url, { method, path, body: body === undefined ? undefined : JSON.stringify(body) });
  await ask('PUT', '/collections/a', { vectors: { size: 1, distance: 'Dot' }, metadata: { by: 'us' } });
  await ask('PUT', '/collections/a/points?wait=true', { points: [{ id: 1, vector: [1], payload: { from: 'first' } }] });
  const payloadOfOne = async () =>
    JSON.stringify((await ask('POST', '/collections/a/points', { ids: [1], with_payload: true })).body, mapsAsObjects);
  return { ask, payloadOfOne, [Symbol.asyncDispose]: () => server.stop() };
}

function mapsAsObjects(_key: string, value: unknown): unknown {
  return value instanceof Map ? Object.fromEntries(value) : typeof value === 'bigint' ? Number(value) : value;
}

const CLOBBER = { points: [{ id: 1, vector: [2], payload: { from: 'second' } }] };

it('1.16 passes over update_mode, as a server does that has never heard of it', async () => {
  await using server = await open('1.16');
  expect((await server.ask('PUT', '/collections/a/points?wait=true', { ...CLOBBER, update_mode: 'insert_only' })).status).toBe(200);
  expect(await server.payloadOfOne()).toContain('second');
});

it('1.16 keeps existing points out of an upsert by an update_filter that nothing passes', async () => {
  await using server = await open('1.16');
  await server.ask('PUT', '/collections/a/points?wait=true', { ...CLOBBER, update_filter: { must: [{ has_id: [] }] } });
  expect(await server.payloadOfOne()).toContain('first');
});

it('1.15 passes over update_filter and metadata', async () => {
  await using server = await open('1.15');
  await server.ask('PUT', '/collections/a/points?wait=true', { ...CLOBBER, update_filter: { must: [{ has_id: [] }] } });
  expect(await server.payloadOfOne()).toContain('second');
  expect(JSON.stringify((await server.ask('GET', '/collections/a')).body, mapsAsObjects)).not.toContain('metadata');
});

it('1.16 has no optimizations route, 1.17 has', async () => {
  await using old = await open('1.16');
  await using newer = await open('1.17');
  expect((await old.ask('GET', '/collections/a/optimizations')).status).toBe(404);
  expect((await newer.ask('GET', '/collections/a/optimizations')).status).toBe(200);
});

it('1.17 cannot add a named vector in place, 1.18 can', async () => {
  await using old = await open('1.17');
  await using newer = await open('1.18');
  const body = { dense: { size: 1, distance: 'Dot' } };
  expect((await old.ask('PUT', '/collections/a/vectors/new', body)).status).toBe(404);
  expect((await newer.ask('PUT', '/collections/a/vectors/new', body)).status).toBe(200);
});

it('1.18 refuses a slice condition as one it does not know', async () => {
  await using server = await open('1.18');
  const answer = await server.ask('POST', '/collections/a/points/scroll', { filter: { must: [{ slice: { index: 0, total: 2 } }] } });
  expect(answer.status).toBe(400);
  expect(JSON.stringify(answer.body, mapsAsObjects)).toContain('Expected some form of condition');
});

it.each([
  ['1.16', '1.16.0'],
  ['1.18.3', '1.18.3'],
])('names itself %s as %s', async (asked, shown) => {
  await using server = await open(asked);
  expect(JSON.stringify((await server.ask('GET', '/')).body, mapsAsObjects)).toContain(`"version":"${shown}"`);
});

it('refuses versions it knows nothing of', () => {
  expect(() => fullVersion('1.20')).toThrow(RangeError);
  expect(() => fullVersion('2.0')).toThrow(RangeError);
});
