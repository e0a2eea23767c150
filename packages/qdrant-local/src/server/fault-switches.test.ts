import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createQdrantLocal } from './qdrant-local.ts';

async function open() {
  const server = createQdrantLocal();
  await server.start();
  const upsert = (id: number) =>
    fetch(`${server.url}/collections/a/points?wait=true`, { method: 'PUT', body: JSON.stringify({ points: [{ id, vector: [1] }] }) });
  await fetch(`${server.url}/collections/a`, { method: 'PUT', body: '{"vectors":{"size":1,"distance":"Dot"}}' });
  const count = async () => {
    const answer = await fetch(`${server.url}/collections/a/points/count`, { method: 'POST', body: '{}' });
    return ((await answer.json()) as { result: { count: number } }).result.count;
  };
  return { server, faults: server.faults, upsert, count, [Symbol.asyncDispose]: () => server.stop() };
}

it('there are none at first', async () => {
  await using opened = await open();
  expect(opened.faults.list()).toEqual([]);
  expect((await opened.upsert(1)).status).toBe(200);
});

it('a dropped connection before the write leaves nothing behind', async () => {
  await using opened = await open();
  opened.faults.add({ match: { method: 'PUT', path: /points/ }, effect: 'drop-before', times: 1 });
  await expect(opened.upsert(1)).rejects.toThrow();
  expect(await opened.count()).toBe(0);
});

it('a dropped connection after the write leaves the write behind', async () => {
  await using opened = await open();
  opened.faults.add({ match: { method: 'PUT' }, effect: 'drop-after', times: 1 });
  await expect(opened.upsert(1)).rejects.toThrow();
  expect(await opened.count()).toBe(1);
});

it('a refused connection leaves nothing behind', async () => {
  await using opened = await open();
  opened.faults.add({ match: { method: 'PUT' }, effect: 'refuse', times: 1 });
  await expect(opened.upsert(1)).rejects.toThrow();
  expect(await opened.count()).toBe(0);
});

it('a status comes instead of the work, with its retry-after', async () => {
  await using opened = await open();
  opened.faults.add({ match: { path: '/collections/a/points' }, effect: { status: 429, retryAfterSeconds: 3 }, times: 1 });
  const answer = await opened.upsert(1);
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '3']);
  expect(await opened.count()).toBe(0);
});

it('a fault is used up after its times, may let some pass first, and looks at bodies', async () => {
  await using opened = await open();
  opened.faults.add({ match: { bodyIncludes: '"id":' }, effect: { status: 503 }, skip: 1, times: 2 });
  const statuses: number[] = [];
  for (let id = 1; id <= 4; id++) statuses.push((await opened.upsert(id)).status);
  expect(statuses).toEqual([200, 503, 503, 200]);
  expect(opened.faults.list()).toEqual([]);
});

it('a fault is taken away by what add returned', async () => {
  await using opened = await open();
  const remove = opened.faults.add({ effect: { status: 500 } });
  expect((await opened.upsert(1)).status).toBe(500);
  remove();
  expect((await opened.upsert(1)).status).toBe(200);
});

it('latency goes on to the next fault and then to the answer', async () => {
  await using opened = await open();
  opened.faults.add({ effect: { latencyMs: 1 } });
  opened.faults.add({ effect: { status: 500 }, times: 1 });
  expect([(await opened.upsert(1)).status, (await opened.upsert(1)).status]).toEqual([500, 200]);
});

it('a hung request ends when its client gives up or the server stops', async () => {
  await using opened = await open();
  opened.faults.add({ match: { method: 'PUT' }, effect: 'hang', times: 1 });
  const hung = opened.upsert(1);
  hung.catch(() => undefined);
  expect(await Promise.race([hung.then(() => 'answered'), wait(50, 'hangs')])).toBe('hangs');
  await opened.server.stop();
  await expect(hung).rejects.toThrow();
});
