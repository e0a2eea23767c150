import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { createQdrantCollections } from './qdrant-collections.ts';

const requestTimeoutMs = 30_000;

async function startStub(status: number, body: unknown) {
  const asked: string[] = [];
  const server = createServer((request, reply) => {
    asked.push(`${request.method} ${request.url}`);
    reply.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    collections: createQdrantCollections({ url, requestTimeoutMs }),
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

it('a key that may only read is told by the server, in its words, asked by an act that is none', async () => {
  await using reader = await startStub(403, { status: { error: 'Forbidden: Global manage access is required' } });
  expect(await reader.collections.manageRefusal()).toContain('403; it says: “Forbidden: Global manage access is required”');
  expect(reader.asked).toEqual(['POST /collections/aliases']);
  await using writer = await startStub(200, { result: true });
  expect(await writer.collections.manageRefusal()).toBeNull();
  await using busy = await startStub(503, {});
  await expect(busy.collections.manageRefusal()).rejects.toMatchObject({ code: 'qdrant-unreachable' });
});

it('an address is told with its port, and without user and key', async () => {
  const address = (url: string) => createQdrantCollections({ url, apiKey: 'k', requestTimeoutMs }).address();
  expect(await address('https://somebody:word@qdrant.example/prefix/')).toEqual({
    url: 'https://qdrant.example:6333/prefix',
    wantsKey: true,
  });
});

it.each<[string, number, unknown, object]>([
  [
    'one server says',
    200,
    { result: { config: {}, usage: { resident_memory_percent: 12, disk_usage_percent: 80 } } },
    { diskPercent: 80, memoryPercent: 12 },
  ],
  [
    'several say, and one of them is fuller',
    200,
    {
      result: { usage: { resident_memory_percent: 12, disk_usage_percent: 80 }, peers: { 7: { disk_usage_percent: 91, exceeded: false } } },
    },
    { diskPercent: 91, memoryPercent: 12 },
  ],
  ['it cannot be measured there', 200, { result: { usage: { disk_usage_percent: null } } }, { diskPercent: null, memoryPercent: null }],
  ['the server is older', 404, {}, { diskPercent: null, memoryPercent: null }],
  ['the key may not ask', 403, { status: { error: 'Forbidden' } }, { diskPercent: null, memoryPercent: null }],
])('how full a server is, where %s', async (_, status, body, usage) => {
  await using stub = await startStub(status, body);
  expect(await stub.collections.usage()).toEqual(usage);
});

it.each<[string, number, unknown, number | null]>([
  ['one server says how large its disk is', 200, { result: { app: { system: { disk_size: 10 } } } }, 10_240],
  ['it does not know', 200, { result: { app: { system: { disk_size: null } } } }, null],
  ['it leaves it out', 200, { result: { app: {} } }, null],
  [
    'several servers hold the data',
    200,
    { result: { app: { system: { disk_size: 10 } }, cluster: { status: { number_of_peers: 3 } } } },
    null,
  ],
  ['the key may not ask', 403, { status: { error: 'Forbidden' } }, null],
  ['it has no telemetry', 404, {}, null],
])('the size of the disk, where %s', async (_, status, body, size) => {
  await using stub = await startStub(status, body);
  expect(await stub.collections.diskBytes()).toBe(size);
});
