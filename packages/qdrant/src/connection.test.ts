import type { WatchedCall } from '@reembed/core';
import { describe, expect, it } from 'vitest';
import { operationOf, parseQdrantUrl } from './connection.ts';
import { createForwarder } from './forwarder.ts';
import { createGrpcSender } from './grpc-sender.ts';
import { createRestClient } from './rest-client.ts';
import { createSender } from './send-text.ts';

describe('parseQdrantUrl', () => {
  it.each([
    ['http://localhost:6333', 'http://localhost:6333', ''],
    ['http://localhost', 'http://localhost:6333', ''],
    ['https://cloud.example/', 'https://cloud.example:6333', ''],
    ['https://cloud.example:443', 'https://cloud.example:443', ''],
    ['http://proxy:80/qdrant/', 'http://proxy:80', '/qdrant'],
    ['http://[::1]:7000', 'http://[::1]:7000', ''],
    ['http://[::1]', 'http://[::1]:6333', ''],
  ])('%s is at %s with the prefix "%s"', (url, origin, prefix) => {
    expect(parseQdrantUrl({ url })).toMatchObject({ origin, prefix });
  });

  it.each(['grpc://localhost:6334', 'localhost:6333', ''])('refuses %j', (url) => {
    expect(() => parseQdrantUrl({ url })).toThrow(TypeError);
  });

  it('sends a user and a password as such, and shows neither', () => {
    const { origin, headers } = parseQdrantUrl({ url: 'https://me:p%40ss@host:443/qdrant', apiKey: 'key' });
    expect(origin).toBe('https://host:443');
    expect(headers).toEqual({ 'api-key': 'key', authorization: `Basic ${Buffer.from('me:p@ss').toString('base64')}` });
  });
});

describe('who watches', () => {
  it.each([
    ['GET', '/collections', 'GET /collections'],
    ['POST', '/collections/aliases', 'POST /collections/aliases'],
    ['POST', '/collections/of%2Fa%20customer/points/scroll?wait=true', 'POST /collections/{name}/points/scroll'],
    ['PUT', '/collections/docs/points/vectors?wait=true', 'PUT /collections/{name}/points/vectors'],
    ['PUT', '/collections/docs/vectors/of mine', 'PUT /collections/{name}/vectors/{name}'],
    ['DELETE', '/collections/docs', 'DELETE /collections/{name}'],
  ])('hears of %s %s without a name of anybody', (method, path, operation) => {
    expect(operationOf(method, path)).toBe(operation);
  });

  it('stands around every request, whichever way it goes, and the error is the same', async () => {
    const calls: WatchedCall[] = [];
    const watched = {
      // Nobody listens there.
      url: 'http://127.0.0.1:9',
      requestTimeoutMs: 5_000,
      watch: (call: WatchedCall, run: () => Promise<never>) => {
        calls.push(call);
        return run();
      },
    } as const;
    const { watch: _, ...alone } = watched;
    const ask = async ({ url, ...address }: Parameters<typeof createRestClient>[0]) => {
      const options = { url, ...address, connections: 1 };
      const grpc = createGrpcSender(options);
      const forwarder = createForwarder(options);
      const read = () => null;
      const asked = await Promise.allSettled([
        createRestClient(options).result('GET', '/collections/docs', (api, init) => api.getCollection({ collection_name: 'docs' }, init)),
        createSender(options)({ method: 'PUT', path: '/collections/docs/points?wait=true', body: '{}', signal: undefined, read }),
        grpc.call({ path: '/qdrant.Points/Upsert', body: [], read }),
        forwarder.send({ method: 'GET', path: '/collections/docs/points/1' }),
      ]);
      grpc.close();
      await forwarder.close();
      return asked.map((one) => (one.status === 'rejected' ? [one.reason.code, one.reason.message] : null));
    };
    expect(await ask(watched as never)).toEqual(await ask(alone));
    expect(calls).toEqual([
      { operation: 'GET /collections/{name}', transport: 'rest' },
      { operation: 'PUT /collections/{name}/points', transport: 'rest' },
      { operation: '/qdrant.Points/Upsert', transport: 'grpc' },
      { operation: 'GET (passed on)', transport: 'rest' },
    ]);
  });
});
