import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { createQdrantCollections } from './qdrant-collections.ts';

type Answers = Readonly<Record<string, readonly [status: number, result: unknown]>>;

/** One server of a cluster; every loopback address is this machine, so that peers have the port in common, as in a cluster. */
async function startPeer(host: string, port: number, answers: Answers) {
  const server = createServer((request, reply) => {
    const [status, result] = answers[request.url ?? ''] ?? [404, null];
    reply.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ result }));
  });
  await once(server.listen(port, host), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

const aliases = (collection: string) => [200, { aliases: [{ alias_name: 'docs', collection_name: collection }] }] as const;
const peers = {
  1: { uri: 'http://127.0.0.1:6335/' },
  2: { uri: 'http://127.0.0.2:6335/' },
  3: { uri: 'http://127.0.0.3:6335/' },
  4: { uri: 'http://127.0.0.4:6335/' },
};

it('an alias is read from every other peer that the cluster tells of', async () => {
  await using first = await startPeer('127.0.0.1', 0, {
    '/cluster': [200, { status: 'enabled', peer_id: 1, peers }],
    '/aliases': aliases('docs_v2'),
  });
  await using _second = await startPeer('127.0.0.2', first.port, { '/aliases': aliases('docs_v1') });
  await using _third = await startPeer('127.0.0.3', first.port, { '/aliases': [200, { aliases: [] }] });
  const collections = createQdrantCollections({ url: `http://127.0.0.1:${first.port}`, requestTimeoutMs: 1_000 });
  expect(await collections.aliasOnPeers('docs')).toEqual([
    { peer: `127.0.0.2:${first.port}`, pointsAt: 'docs_v1' },
    { peer: `127.0.0.3:${first.port}`, pointsAt: null },
    { peer: `127.0.0.4:${first.port}`, pointsAt: undefined },
  ]);
});

it.each<[string, Answers]>([
  ['one server has no peers', { '/cluster': [200, { status: 'disabled' }] }],
  ['a proxy that knows no such path tells of none', {}],
  ['a key that may not ask is told of none', { '/cluster': [403, null] }],
])('%s', async (_, answers) => {
  await using server = await startPeer('127.0.0.1', 0, answers);
  const collections = createQdrantCollections({ url: `http://127.0.0.1:${server.port}`, requestTimeoutMs: 1_000 });
  expect(await collections.aliasOnPeers('docs')).toEqual([]);
});

it('a server that fails when it is asked for its peers holds up nothing, and is said', async () => {
  await using server = await startPeer('127.0.0.1', 0, { '/cluster': [501, null] });
  const collections = createQdrantCollections({ url: `http://127.0.0.1:${server.port}`, requestTimeoutMs: 1_000 });
  expect(await collections.aliasOnPeers('docs')).toEqual([{ peer: `127.0.0.1:${server.port}`, pointsAt: undefined }]);
});
